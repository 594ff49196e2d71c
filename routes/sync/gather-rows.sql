-- Puts the rows of a turn that are a create or an update into the batch of their job that gathers (or into a new one), and into ledger and
-- audit what is to be sent. A batch that has more than so many rows, or bytes, is full (beans bulk-rows and bulk-bytes).
-- Answers which rows are not to be done one by one now (gone, with commas around each): those gathered, and those whose person is in a
-- batch already, under another name; these wait. All others go by single calls: what a batch has given back (alone), who is known by phone
-- alone, what the ledger has begun, whose key another row has.
with gate as materialized (
    select 1 from lease
     where name = cast(:#${exchangeProperty.lease} as text) and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
), mine as materialized (
    select p.seq, p.key, p.action, p.request, p.before, p.person, p.create_key, r.job, r.given, r.key as row_key, coalesce(btrim(r.original ->> 'key'), '') <> '' as named,
           case when p.action = 'update' then 'id' when r.crm_id is not null then 'crm_id' else 'email_address' end as upsert_key,
           case when p.action = 'update' then cast(p.person as text) else coalesce(r.crm_id, r.email) end as value
      from gate, json_to_recordset(cast(:#${bodyAs(String)} as json)) as p (seq bigint, key text, action text, request text, before text, person bigint, create_key text)
      join sync_row r on r.seq = p.seq
     where r.state = 'open' and r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint)
       and p.action in ('create', 'update') and not r.alone and (p.action = 'update' or r.crm_id is not null or r.email is not null)
       and not exists (select from operation o where o.key = p.key and o.state <> 'failed')
       and not exists (select from operation o where o.subject = p.create_key and o.state = 'started' and o.operation = 'create')
), free as materialized (
    select m.*, row_number() over (partition by upsert_key, value order by seq) > 1
           or exists (select from push_batch_row w where w.value = m.value and w.upsert_key = m.upsert_key) as waits,
           row_number() over (partition by key order by seq) as claimant
      from mine m
     where not given
        or not exists (select from sync_row o where o.claim = m.key and o.seq <> m.seq and o.outcome is distinct from 'failed')
           and not exists (select from sync_row o join sync_job j on j.job = o.job and not j.dry_run
                            where o.key = m.row_key and o.given and o.seq <> m.seq and o.state = 'done' and o.outcome not in ('failed', 'cancelled') and (coalesce(btrim(o.original ->> 'key'), '') <> '') = m.named)
), gathered as materialized (
    select * from free where not waits and claimant = 1
), batch as (
    insert into push_batch as b (job, state, rows, bytes, parked_until, next_at)
    select min(cast(job as text))::uuid, case when count(*) > cast(:#${ref:bulk-rows} as integer) then 'create' else 'gather' end, count(*), sum(length(request)), now() + interval '1 hour', now() + interval '2 seconds'
      from gathered having count(*) > 0
    on conflict (job) where state = 'gather' do update
       set rows = b.rows + excluded.rows, bytes = b.bytes + excluded.bytes, next_at = excluded.next_at,
           state = case when b.rows + excluded.rows > cast(:#${ref:bulk-rows} as integer) or b.bytes + excluded.bytes > cast(:#${ref:bulk-bytes} as integer) then 'create' else 'gather' end
    returning id, parked_until
), begun as (
    insert into operation as o (key, operation, resource, actor, state, holder, lease_until, request, job, subject, trace, attempts)
    select key, action, 'people', :#${exchangeProperty.chunk[actor]}, 'started', 'push-bulk', now(), to_document(request), job, create_key, trace_id(:#${exchangeProperty.traceparent}),
           (select coalesce(max(attempts), 0) + 1 from audit_log a where a.idempotency_key = g.key)
      from gathered g order by key
    on conflict (key) do update
       set state = 'started', attempts = o.attempts + 1, holder = excluded.holder, lease_until = excluded.lease_until, request = excluded.request, operation = excluded.operation,
           subject = excluded.subject, trace = excluded.trace, status = null, answer = null, started_at = now(), ended_at = null
    returning *
), noted as (
    insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, before, attempts, job, trace)
    select 'intent', operation, resource, g.person, key, actor, private_document(rules, resource, b.request), private_document(rules, resource, to_document(g.before)), attempts, b.job, trace
      from begun b join gathered g using (key), private_rules(:#${ref:private-rules}, 'people') rules
), listed as (
    insert into push_batch_row as w (seq, batch, key, upsert_key, value) select g.seq, b.id, g.key, g.upsert_key, g.value from gathered g, batch b
    on conflict (seq) do update set batch = excluded.batch, key = excluded.key, upsert_key = excluded.upsert_key, value = excluded.value
), parked as (
    update sync_row r set holder = null, fence = null, not_before = case when r.newer then 'infinity' else b.parked_until end, due_at = case when r.newer then b.parked_until end, claim = case when g.given then g.key end
      from gathered g, batch b where r.seq = g.seq
), waiting as (
    update sync_row r set holder = null, fence = null, not_before = case when r.newer then 'infinity' else now() + interval '1 minute' end, due_at = case when r.newer then now() + interval '1 minute' end from free f where f.waits and r.seq = f.seq
)
select coalesce(',' || string_agg(cast(seq as text), ',') || ',', '') as gone from free where waits or claimant = 1
