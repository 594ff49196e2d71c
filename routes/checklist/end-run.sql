-- Ends a run: makes one verdict an item of what was found, heeds the waivers, and keeps and answers the document.
-- An item is judged by each source it names (checklist-run-items); the worst verdict is the item's, and a source that found nothing
-- about it, or could not look, makes it a FAIL. A waiver turns FAIL and MANUAL into WAIVED until the end of its day, and FAIL after that.
with item as (
    select i.value ->> 'item' as item, i.value ->> 'title' as title, i.value -> 'by' as by, i.position
      from jsonb_array_elements(cast(:#${variable.items} as jsonb)) with ordinality i (value, position)
), answer as (
    select a.value ->> 'source' as source, a.value ->> 'error' as error, a.value -> 'findings' as findings
      from jsonb_array_elements(cast(:#${bodyAs(String)} as jsonb)) a
), finding as (
    select a.source, f.value ->> 'item' as item, f.value ->> 'state' as state, f.value ->> 'evidence' as evidence
      from answer a, jsonb_array_elements(a.findings) f where jsonb_typeof(a.findings) = 'array'
), judged as (
    select i.item, s.position, coalesce(f.state, 'FAIL') as state, coalesce(f.evidence, 'not checked: ' || coalesce(a.error, 'nothing was found out')) as evidence
      from item i cross join jsonb_array_elements_text(i.by) with ordinality s (source, position)
      left join answer a on a.source = s.source
      left join finding f on f.source = s.source and f.item = i.item
), waiver as (
    select w.key as item, w.value ->> 'reason' as reason, w.value ->> 'until' as until,
           case when coalesce(w.value ->> 'reason', '') = '' then 'has no reason'
                when to_instant((w.value ->> 'until') || 'T00:00:00Z') is null then 'has no last day, such as until: 2027-01-31'
                when to_instant((w.value ->> 'until') || 'T00:00:00Z') <= now() - interval '1 day' then 'ended on ' || (w.value ->> 'until') end as objection
      from jsonb_each(cast(:#${bean:checklist-waivers?method=json} as jsonb)) w
), verdict as (
    select i.item, i.title, i.position, j.evidence, w.reason, w.until, w.objection,
           case when j.state = 'PASS' or w.item is null then j.state when w.objection is null then 'WAIVED' else 'FAIL' end as state
      from item i
      join (select item, case when bool_or(state = 'FAIL') then 'FAIL' when bool_or(state = 'MANUAL') then 'MANUAL' else 'PASS' end as state,
                   string_agg(evidence, '; ' order by position) as evidence
              from judged group by item) j using (item)
      left join waiver w using (item)
    union all
    -- A name that is misspelt waives nothing.
    select w.item, 'waived in application.yaml, and no item of the checklist', 1000, 'its items: ' || (select string_agg(item, ', ' order by position) from item), w.reason, w.until, null, 'FAIL'
      from waiver w where not exists (select from item where item.item = w.item)
)
update checklist_run r
   set ended_at = clock_timestamp(),
       document = jsonb_build_object('release', r.release, 'commit', cast(:#${properties:salesloft.commit} as text), 'at', r.begun_at,
           'tookMs', cast(extract(epoch from clock_timestamp() - r.begun_at) * 1000 as bigint),
           'passed', (select bool_and(state <> 'FAIL') from verdict),
           'counts', (select jsonb_object_agg(state, n) from (select state, count(*) as n from verdict group by state) counted),
           'items', (select jsonb_agg(jsonb_build_object('item', item, 'title', title, 'state', state, 'evidence', evidence,
                          'waiver', coalesce(reason, '') || coalesce(' (until ' || until || ')', '') || coalesce(': the waiver ' || objection, '')) order by position, item) from verdict))
 where id = :#${header.run}
returning cast(document as text) as document
