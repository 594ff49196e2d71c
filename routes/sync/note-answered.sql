-- Adds what SalesLoft answered for the rows just done (end-row.sql has put it into the mirror) to what was found, for rows of the same
-- chunk that follow for the same people. More says whether there are any. Where the mirror does not know somebody who was just written,
-- there are none: such rows are given back, and looked up again. So are all, where the mirror does not keep all of a person (private-rules): what it
-- has in place of a value must not go back to SalesLoft.
with done as materialized (
    select r.seq, coalesce(r.record_id, r.person_id) as id, r.outcome from sync_row r
     where r.seq in (select cast(value as bigint) from json_array_elements_text(cast(:#${exchangeProperty.planned} as json)) value) and r.state = 'done' and coalesce(r.record_id, r.person_id) is not null
), following as (
    select exists (select from sync_row r
                    where r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint) and r.state = 'open'
                      and not exists (select from unnest(r.identities) mine join sync_identity o on o.identity = mine and o.seq < r.seq))
           and not exists (select from done where done.outcome in ('created', 'updated')
                              and (has_private_fields(private_rules(:#${ref:private-rules}, :#${exchangeProperty.object[name]}), :#${exchangeProperty.object[name]})
                                   or not exists (select from record p where p.resource = cast(:#${exchangeProperty.object[name]} as text) and p.id = done.id and p.deleted_at is null))) as more
), people as (
    select distinct on (p ->> 'id') p
      from (select p from jsonb_array_elements(cast(:#${exchangeProperty.found} as jsonb)) p
            union all
            select r.document from done join record r on r.resource = cast(:#${exchangeProperty.object[name]} as text) and r.id = done.id and r.deleted_at is null) people
     order by p ->> 'id', to_instant(p ->> 'updated_at') desc
)
select more, case when more then (select cast(coalesce(jsonb_agg(p), '[]') as text) from people) end as found from following
