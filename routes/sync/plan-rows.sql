-- What each claimed row comes to, from what was found: a create, an update with what differs, nothing, or a failure that
-- says why. An operation that was started is resumed with its original request; one that is done is answered from the ledger.
-- Of one record only the row that is next: the others of the chunk have their turn when this one is done. Where rows are only counted
-- (counting), all of them, each by what SalesLoft has now.
-- Each step is done once for each row (materialized): what differs is dear to find.
-- Somebody who is, or ever was, on the cadence is not put on it again unless the row says so (reenroll).
with what as materialized (
    select rule, rule ->> 'object' as object, private_rules(:#${ref:private-rules}, rule ->> 'object') as rules, coalesce(cast(:#${exchangeProperty.chunk[counting]} as boolean), false) as counting
      from (select cast(:#${exchangeProperty.object[rules]} as jsonb) as rule) r
), mine as materialized (
    select r.*, j.dry_run, j.on_existing, j.cancelled_at is not null as cancelled, named.named, ledger_key(r.key, r.given, named.named, r.job) as entry
      from sync_row r join sync_job j on j.job = r.job
           cross join lateral (select r.given and coalesce(btrim(r.original ->> 'key'), '') <> '' as named) named
     where r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint) and r.state = 'open'
       and ((select counting from what) or not exists (select from unnest(r.identities) mine join sync_identity o on o.identity = mine and o.seq < r.seq))
), kinds as materialized (
    select k.* from what cross join lateral identity_kinds(rule) k
), record_found as materialized (
    select distinct on (id) * from (select to_bigint(p ->> 'id') as id, p as document from jsonb_array_elements(cast(:#${exchangeProperty.found} as jsonb)) p) found
     order by id, to_instant(document ->> 'updated_at') desc
), identified as materialized (
    select p.id, i as identity from what cross join record_found p cross join lateral unnest(known_by(rule, p.document) || ((rule ->> 'prefix') || 'id:' || p.id)) i
), says as materialized (
    select m.seq, i.identity, i.n, k.kind, k.match, k.alone, k.filter, k.single, substr(i.identity, length(k.kind) + 1) as value, m.match as by
      from mine m cross join lateral unnest(m.identities) with ordinality i (identity, n) join kinds k on starts_with(i.identity, k.kind)
), refused as (
    select r ->> 'filter' as filter, r ->> 'value' as value, r ->> 'error' as error from jsonb_array_elements(cast(:#${exchangeProperty.refused} as jsonb)) r
), hit as (
    select distinct s.seq, i.id from says s join identified i on i.identity = s.identity where s.match = s.by or not s.alone and s.match is not null
), known as materialized (
    select m.*, rule, object, rules, h.ids, p.id as found_id, p.document, create_key.id as create_key, d.fields as differing,
           ledger.state as begun, ledger.operation as begun_as, ledger.request as begun_with,
           (select min(r.error) from refused r join says s on s.filter = r.filter and s.value = r.value where s.seq = m.seq) as refusal,
           (select s.filter || case when s.single then '=' else '[]=' end || url_encode(s.value) from says s where s.seq = m.seq and s.filter <> 'ids' order by s.n limit 1) as asked_by
      from mine m cross join what
      left join (select seq, array_agg(id order by id) as ids from hit group by seq) h on h.seq = m.seq
      left join record_found p on cardinality(h.ids) = 1 and p.id = h.ids[1]
      left join operation ledger on ledger.key = m.entry and ledger.state <> 'failed'
      cross join lateral (select coalesce(m.identities[1], object || ':' || m.entry) as id) create_key
      cross join lateral (select case when p.id is not null then differing(rule, m.fields, p.document, m.on_existing) end as fields) d
), planned as materialized (
    select k.*, lacking.names as lacking,
           case when begun_as = 'create' or begun_as = 'update' and (begun = 'done' or cardinality(ids) = 1) then begun_as
                when refusal is not null or cardinality(ids) > 1 or match = 'id' and ids is null then 'fail'
                when ids is null and leave then 'none'
                when ids is null and exists (select from sync_row d where d.job = k.job and d.dry_subject = private_subject(rules, k.create_key)) then 'none'
                when ids is null and lacking.names is not null then 'fail'
                when ids is null then 'create'
                when differing <> '{}' then 'update'
                else 'none' end as action
      from known k cross join lateral (select string_agg(n, ', ') as names from jsonb_array_elements_text(rule -> 'needed') n where coalesce(k.fields ->> n, '') = '') lacking
), cadence as materialized (
    select p.*, coalesce(to_boolean(p.fields ->> 'do_not_contact'), false) or coalesce(to_boolean(p.document ->> 'do_not_contact'), false) as not_to_contact,
           e.key as cadence_key, o.key is not null as enrolling, coalesce(to_bigint(o.request ->> 'id'), case when m.on_it_now then m.id end) as membership, m.mirrored,
           p.cadence_id is not null and exists (select from jsonb_array_elements(case jsonb_typeof(p.document -> 'cadences') when 'array' then p.document -> 'cadences' else '[]' end) c
                    where c ->> 'id' = cast(p.cadence_id as text)) as on_it
      from planned p cross join lateral (select case when p.leave then p.entry || ':leave' when p.cadence_id is not null then enrolment_key(p.entry) end as key) e
           left join operation o on o.key = e.key and o.state <> 'failed'
           left join lateral (select max(r.id) as id, coalesce(max(r.document ->> 'current_state'), max('once on it')) as mirrored, bool_or(to_boolean(r.document ->> 'currently_on_cadence')) as on_it_now from record r
             where p.cadence_id is not null and r.resource = 'cadence_memberships' and r.deleted_at is null
               and r.person = cast(p.found_id as text) and r.document -> 'cadence' ->> 'id' = cast(p.cadence_id as text)) m on true
), put as materialized (
    select c.*,
           case when stopped then 'cancel' else action end as does,
           case when cadence_id is null or stopped or action = 'fail' then 'no'
                when enrolling and leave then 'leave'
                when enrolling then 'post'
                when leave and ids is null then 'skip'
                when leave and membership is not null then 'leave'
                when leave then 'ask'
                when not_to_contact then 'skip'
                when action = 'create' and ids is null then 'post'
                when action = 'none' and ids is null then 'skip'
                when reenroll then 'ask'
                when mirrored is not null or on_it then 'skip'
                else 'ask' end as enroll
      from cadence c cross join lateral (select cancelled and begun is null and not enrolling as stopped) s
)
select seq, entry as key, given, cadence_key as enrolment_key, does as action,
       case does when 'create' then 'created' when 'update' then 'updated' when 'fail' then 'failed' when 'cancel' then 'cancelled' else 'unchanged' end as outcome, tries, traceparent, found_id as person,
       case when does = 'cancel' then 'the job was cancelled before this row was begun'
            when does <> 'fail' then ''
            when refusal is not null then 'SalesLoft refuses to look up who this is: ' || refusal
            when cardinality(ids) > 1 then 'matches several ' || object || ': ' || array_to_string(ids, ', ')
            when match = 'id' then 'there is no ' || (rule ->> 'one') || ' ' || person
            else 'there is no such ' || (rule ->> 'one') || ', and to create one it takes: ' || lacking end as error,
       cast(case when action = begun_as then begun_with
                 when action = 'create' then created_with(rule, fields, entry)
                 when action = 'update' then with_companions(rule, differing, fields) end as text) as request,
       case when action = 'update' then cast(old_values(rule, differing, document) as text) end as before,
       coalesce(asked_by, case when action = 'create' then made_query(rule, fields, entry) end) as lookup, case when asked_by is null and action = 'create' then cast(jsonb_build_object('fields', rule -> 'fields') || (rule -> 'made') as text) end as made,
       case when dry_run and does in ('create', 'update') then cast(changes(rule, case when action = 'create' then created_with(rule, fields, null) else differing end, document) as text) end as changes,
       create_key, cadence_id, reenroll, leave, membership, coalesce(user_id, to_bigint(document -> 'owner' ->> 'id')) as user_id, enroll,
       does in ('create', 'update') or enroll in ('post', 'ask', 'leave') as would_change,
       case when leave then 'not on this cadence: there is no such ' || (rule ->> 'one')
            when not_to_contact then 'do_not_contact'
            else 'on this cadence already: ' || coalesce(mirrored, case when on_it then 'active' else 'in this job' end) end as skipped
  from put
 order by seq
