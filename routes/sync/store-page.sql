-- Stores one page and moves the cursor, in one statement: both happen, or neither. When PostgreSQL refuses a record of it, the bean
-- halving has the page stored in parts, the records after position from up to position to. The part with the last record moves the
-- cursor; what the parts before it have stored is not newer, and changes nothing, should the page be read again. The refused
-- record comes alone, with its refusal, and becomes a dead letter.
-- Nothing is written without the lease (gate), nor when SalesLoft sent no list, or did not filter and sort as asked (fits).
-- A record is taken only when it is newer than the mirror's, and only then goes into the outbox (if there is a Kafka);
-- one that cannot be stored becomes a dead letter. Of two documents with one timestamp the mirror's stays, but for lists read
-- whole, and for fields that have to be asked for (richer), which a webhook does not bring.
-- Of each record only what may be kept is seen below (private-rules; mostly there are none); one of somebody who was erased has no document, and is passed over.
-- Records of a list that has no updated_at (dated: false) are compared by document; one that is compared by reading it whole (vanished: read) brings back a
-- record that was taken for deleted, also unchanged.
-- What to ask for next, by the phase this page was asked in:
--   from  the cursor moved: again from there, page 1. It did not, and there is more: a group of equal timestamps
--         fills a page; read it as such (tie).
--   tie   the next page of the group; its first again if the group's size changed; after the last: after.
--   after, full   as from, but a cursor that does not move asks for the next page.
with gate as (
    select 1 from lease
     where name = 'pull:' || cast(:#${exchangeProperty.resource} as text)
       and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.run[fence]} as bigint)
       for update
), asked as materialized (
    select cast(:#${exchangeProperty.resource} as text) as resource,
           cast(:#${exchangeProperty.next[phase]} as text) as phase,
           cast(:#${exchangeProperty.next[page]} as integer) as page,
           cast(:#${exchangeProperty.perPage} as integer) as per_page,
           cast(:#${exchangeProperty.from} as integer) as above,
           cast(:#${exchangeProperty.to} as integer) as up_to,
           to_instant(:#${exchangeProperty.next[cursor]}) as cursor,
           :#${exchangeProperty.run[list_order]} like '%scoped%' as richer,
           cast(:#${exchangeProperty.list[ids]} as text) as ids,
           cast(:#${exchangeProperty.list[dated]} as boolean) as dated,
           cast(:#${exchangeProperty.list[paging]} as text) as paging_is,
           cast(:#${exchangeProperty.list[vanished]} as text) = 'read' as whole_tells,
           case when json_typeof(answer.data) = 'array' then answer.data else '[]' end as data, answer.metadata,
           coalesce(json_typeof(answer.data) = 'array', false) as listed
      from json_to_record(readable(:#${bodyAs(String)})) as answer (data json, metadata json)
), private as materialized (
    select private_rules(:#${ref:private-rules}, :#${exchangeProperty.resource}) as rules
), element as materialized (
    select d.id, d.updated_at, kept.document, part.mine, refused.error,
           case when part.mine and refused.error is not null then case when rules is null then cast(e.value as text) else coalesce(cast(kept.document as text), case when d.document is null then kept_text(rules, cast(e.value as text), d.id) else withheld(d.id) end) end end as payload
      from asked, private, json_array_elements(data) with ordinality e (value, position), lateral read_record(e.value, ids, dated) d,
           lateral (select case when rules is null then d.document else private_document(rules, asked.resource, d.document) end as document) kept,
           -- Whatever comes after a whole page belongs to its last part.
           lateral (select e.position > above and (e.position <= up_to or up_to = per_page) as mine) part,
           lateral (select coalesce(case when part.mine then cast(:#${exchangeProperty.refusal} as text) end, d.error) as error) refused
), page as (
    select asked.*, said.*, seen.*,
           coalesce(cast(paging as text) <> 'null', false) as paged,
           case when paging_is = 'none' then false when paging is null or cast(paging as text) = 'null' then seen.records >= per_page
                else paging ->> 'next_page' is not null end as more,
           coalesce(cast(paging ->> 'total_count' as bigint), case when paging_is = 'none' then seen.records end) as total,
           listed and (phase = 'full'
           or coalesce(sorting ->> 'sort_by' = 'updated_at' and sorting ->> 'sort_direction' ilike 'asc%', sorting is null)
              and (cursor is null or coalesce(
                   to_instant(filtering -> 'updated_at' ->> case phase when 'after' then 'gt' else 'gte' end) = cursor, false))) as fits
      from asked,
           lateral (select metadata -> 'paging' as paging, metadata -> 'filtering' as filtering, metadata -> 'sorting' as sorting) said,
           lateral (select count(*) as records, count(error) as unreadable, max(updated_at) as last from element) seen
), written as (
    insert into record as r (resource, id, updated_at, document)
    select resource, id, updated_at, document
      from (select distinct on (e.id) p.resource, e.id, e.updated_at, e.document
              from element e, page p, gate where p.fits and e.mine and e.error is null and e.document is not null order by e.id, e.updated_at desc) newest
     order by id
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = null
     where case when (select dated from asked)
                then excluded.updated_at > r.updated_at
                     or excluded.updated_at = r.updated_at and r.deleted_at is null and excluded.document <> r.document and (select phase = 'full' or richer from asked)
                     or excluded.updated_at = r.updated_at and r.deleted_at is not null and (select phase = 'full' and whole_tells from asked)
                else excluded.document <> r.document or r.deleted_at is not null end
    returning id, updated_at, document
), members as (
    -- Of a list that is compared by reading it whole (find-vanished.sql): also what was not newer.
    insert into list_member as m (resource, id, seen, missed)
    select distinct on (e.id) p.resource, e.id, c.run_started_at, 0
      from element e, page p, gate, sync_cursor c where p.whole_tells and p.phase = 'full' and p.fits and e.mine and e.id is not null and c.resource = p.resource order by e.id
    on conflict (resource, id) do update set seen = excluded.seen, missed = 0
), queued as (
    insert into outbox (resource, id, updated_at, document, source, traceparent)
    select asked.resource, w.id, w.updated_at, w.document, 'pull', :#${exchangeProperty.traceparent} from written w, asked
     where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
), dead_lettered as (
    insert into dead_letter (source, error, payload)
    select 'pull:' || p.resource, e.error, e.payload from element e, page p, gate where p.fits and e.mine and e.error is not null
    on conflict do nothing
    returning 1
), next as (
    select p.*,
           case when p.phase = 'tie' then case when p.more or p.page > 1 and p.total <> c.tie_count then 'tie' else 'after' end
                when not p.more then 'end'
                when p.phase = 'full' then 'full'
                when p.last > p.cursor or p.cursor is null and p.last is not null then 'from'
                when p.phase = 'from' and p.cursor is not null then 'tie'
                else p.phase end as next_phase,
           p.phase <> 'full' and p.phase <> 'tie' and (p.last > p.cursor or p.cursor is null and p.last is not null) as moved,
           p.phase = 'tie' and p.page > 1 and p.total <> c.tie_count as changed
      from page p join sync_cursor c on c.resource = p.resource, gate
     where p.fits and p.up_to >= least(p.records, p.per_page) and (p.above = 0 or p.above < least(p.records, p.per_page))
), advanced as (
    update sync_cursor c
       set cursor = case when n.moved then n.last else c.cursor end,
           phase = n.next_phase,
           page = case when n.moved or n.changed or n.next_phase <> n.phase then 1 else n.page + 1 end,
           tie_count = case when n.phase = 'tie' then n.total end,
           pulled = c.pulled + (select count(*) from written),
           run_seen = coalesce(c.run_seen, 0) + n.records,
           run_started_at = case when n.next_phase = 'end' then null else c.run_started_at end,
           traceparent = case when n.next_phase <> 'end' then c.traceparent end,
           last_run_at = case when n.next_phase = 'end' then c.run_started_at else c.last_run_at end,
           finished_at = case when n.next_phase = 'end' then clock_timestamp() else c.finished_at end,
           next_run_at = case when n.next_phase = 'end' then c.run_started_at + cast(:#${exchangeProperty.run[interval]} as interval) else c.next_run_at end,
           state = case when n.next_phase = 'end' then 'idle' else c.state end
      from next n
     where c.resource = n.resource
    returning c.phase, c.page, to_char(c.cursor at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as cursor
)
select p.fits, p.listed, p.records, p.total, (select count(*) from written) as stored, (select count(*) from dead_lettered) as dead_lettered,
       coalesce(a.phase, c.phase) as phase, coalesce(a.page, c.page) as page,
       coalesce(a.cursor, to_char(c.cursor at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) as cursor,
       cast(p.filtering as text) as filtering, cast(p.sorting as text) as sorting
  from page p join gate on true join sync_cursor c on c.resource = p.resource left join advanced a on true
