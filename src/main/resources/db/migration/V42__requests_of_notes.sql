-- Whom a document is about, by id; also a note as it is sent to SalesLoft, which names its person otherwise than SalesLoft's answer does.
create or replace function person_ids(resource text, document jsonb) returns text[] language sql immutable parallel safe as $$
    select array_remove(case when resource = 'people' then array[document ->> 'id'] else array[
        document -> 'person' ->> 'id', document -> 'called_person' ->> 'id', document -> 'recipient' ->> 'id', document -> 'last_contacted_person' ->> 'id',
        document ->> 'person_id', case when document ->> 'associated_type' ilike 'person' then document -> 'associated_with' ->> 'id' end,
        case when document ->> 'associated_with_type' ilike 'person' then document ->> 'associated_with_id' end] end, null)
$$;
