-- What each claimed row comes to, from what was found: a create, an update with what differs, nothing, or a failure that
-- says why. An operation that was started is resumed with its original request; one that is done is answered from the ledger.
-- Of one person only the row that is next: the others of the chunk have their turn when this one is done.
-- Each step is done once for each row (materialized): what differs is dear to find.
-- Somebody who is, or ever was, on the cadence is not put on it again unless the row says so (reenroll).
with mine as materialized (
    select r.*, j.dry_run, j.on_existing, named.named, ledger_key(r.key, r.given, named.named, r.job) as entry
      from sync_row r join sync_job j on j.job = r.job
           cross join lateral (select r.given and coalesce(btrim(r.original ->> 'key'), '') <> '' as named) named
     where r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint) and r.state = 'open'
       and not exists (select from unnest(r.identities) mine join sync_identity o on o.identity = mine and o.seq < r.seq)
), person as materialized (
    select distinct on (id) * from (
        select to_bigint(p ->> 'id') as id, p as document, lower(btrim(p ->> 'email_address')) as email, p ->> 'crm_id' as crm_id,
               phone_digits(p ->> 'phone') as phone, lower(p ->> 'last_name') as last_name
          from jsonb_array_elements(cast(:#${exchangeProperty.found} as jsonb)) p) people
     order by id, to_instant(document ->> 'updated_at') desc
), refused as (
    select r ->> 'filter' as filter, r ->> 'value' as value, r ->> 'error' as error from jsonb_array_elements(cast(:#${exchangeProperty.refused} as jsonb)) r
), hit as (
    select m.seq, p.id from mine m join person p on m.match = 'id' and p.id = m.person
    union
    select m.seq, p.id from mine m join person p on p.crm_id = m.crm_id
    union
    select m.seq, p.id from mine m join person p on p.email = m.email
    union
    select m.seq, p.id from mine m join person p on m.match = 'phone' and p.phone = phone_digits(m.phone) and p.last_name = m.last_name
), known as materialized (
    select m.*, h.ids, p.id as found_id, p.document, create_key.id as create_key, d.fields as differing,
           ledger.state as begun, ledger.operation as begun_as, ledger.request as begun_with,
           (select min(r.error) from refused r where (r.filter, r.value) in (('email_addresses', m.email), ('crm_id', m.crm_id), ('ids', cast(m.person as text)))) as refusal
      from mine m
      left join (select seq, array_agg(id order by id) as ids from hit group by seq) h on h.seq = m.seq
      left join person p on cardinality(h.ids) = 1 and p.id = h.ids[1]
      left join operation ledger on ledger.key = m.entry and ledger.state <> 'failed'
      cross join lateral (select m.identities[1] as id) create_key
      cross join lateral (select case when p.id is not null then differing(m.fields, p.document, m.on_existing) end as fields) d
), planned as materialized (
    select k.*,
           case when begun_as = 'create' or begun_as = 'update' and (begun = 'done' or cardinality(ids) = 1) then begun_as
                when refusal is not null or cardinality(ids) > 1 or match = 'id' and ids is null then 'fail'
                when ids is null and exists (select from sync_row d where d.job = k.job and d.dry_subject = private_subject(private_rules(:#${ref:private-rules}, 'people'), k.create_key)) then 'none'
                when ids is null then 'create'
                when differing <> '{}' then 'update'
                else 'none' end as action
      from known k
), enrolment as materialized (
    select p.*, coalesce(to_boolean(p.fields ->> 'do_not_contact'), false) or coalesce(to_boolean(p.document ->> 'do_not_contact'), false) as not_to_contact,
           e.key as enrolment_key, exists (select from operation o where o.key = e.key and o.state <> 'failed') as enrolling,
           (select coalesce(max(r.document ->> 'current_state'), max('once on it')) from record r
             where r.resource = 'cadence_memberships' and r.deleted_at is null
               and r.document -> 'person' ->> 'id' = cast(p.found_id as text) and r.document -> 'cadence' ->> 'id' = cast(p.cadence_id as text)) as mirrored,
           p.cadence_id is not null and exists (select from jsonb_array_elements(case jsonb_typeof(p.document -> 'cadences') when 'array' then p.document -> 'cadences' else '[]' end) c
                    where c ->> 'id' = cast(p.cadence_id as text)) as on_it
      from planned p cross join lateral (select case when p.cadence_id is not null then enrolment_key(p.entry) end as key) e
)
select seq, entry as key, given, enrolment_key, action, case action when 'create' then 'created' when 'update' then 'updated' when 'fail' then 'failed' else 'unchanged' end as outcome, tries, traceparent, found_id as person,
       case when action <> 'fail' then ''
            when refusal is not null then 'SalesLoft refuses to look up who this is: ' || refusal
            when cardinality(ids) > 1 then 'matches several people: ' || array_to_string(ids, ', ')
            else 'there is no person ' || person end as error,
       cast(case when action = begun_as then begun_with
                 when action = 'create' then jsonb_strip_nulls(fields) || case when crm_id is null or fields ->> 'crm_id_type' is not null then '{}' else jsonb_build_object('crm_id_type', 'salesforce') end
                 when action = 'update' then differing || case when coalesce(differing ->> 'crm_id', '') = '' then '{}'
                                                             else jsonb_build_object('crm_id_type', coalesce(fields ->> 'crm_id_type', 'salesforce')) end end as text) as request,
       case when email is not null then 'email_addresses[]=' || url_encode(email) when crm_id is not null then 'crm_id[]=' || url_encode(crm_id) end as lookup,
       create_key, cadence_id, reenroll, coalesce(user_id, to_bigint(document -> 'owner' ->> 'id')) as user_id,
       case when cadence_id is null or action = 'fail' then 'no'
            when enrolling then 'post'
            when not_to_contact then 'skip'
            when action = 'create' and ids is null then 'post'
            when action = 'none' and ids is null then 'skip'
            when reenroll then 'ask'
            when mirrored is not null or on_it then 'skip'
            else 'ask' end as enroll,
       case when not_to_contact then 'do_not_contact'
            else 'on this cadence already: ' || coalesce(mirrored, case when on_it then 'active' else 'in this job' end) end as skipped
  from enrolment
 order by seq
