-- Notes an answer of /health, and whether the deployment has come to its end, and judges: no outcome, it goes on; done, enough healthy
-- answers in a row were another release's; when time is up, and the last answer was not healthy, unverified, if that release lacks nothing
-- but SalesLoft, else failed. An answer that names no release is of one from before they were named. Without knowing which release is bad
-- any answer of /health counts. No row: another replica has the lease.
with held as (
    select from lease
     where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
), answer as (
    select cast(:#${exchangeProperty.answer[status]} as integer) as status, to_document(cast(:#${exchangeProperty.answer[body]} as text)) as document
), seen as (
    select a.status, a.document ->> 'release' as release, rollout.finished, rollout.detail,
           rollout.finished and a.document ->> 'status' is not null and (r.release is null or a.document ->> 'release' is distinct from r.release) as restored,
           a.document -> 'salesloft' ->> 'connected' = 'false' and coalesce(a.document ->> 'database', 'up') = 'up' as only_salesloft
      from rollback_run r, answer a,
           (select cast(:#${exchangeProperty.rollout[finished]} as boolean) as finished, cast(:#${exchangeProperty.rollout[detail]} as text) as detail) rollout
     where r.id = cast(:#${exchangeProperty.run[id]} as text)
), noted as (
    update rollback_step s
       set healthy = case when seen.restored and seen.status = 200 then s.healthy + 1 else 0 end, at = now(),
           detail = coalesce(seen.detail || '; ', '') || case when seen.status = 0 then 'nothing answers' when seen.release is null then 'status ' || seen.status || ', which names no release'
                    else 'release ' || seen.release || ' answers ' || seen.status || case when not coalesce(seen.only_salesloft, false) then '' else ', SalesLoft is away' end end
      from seen, held
     where s.run = cast(:#${exchangeProperty.run[id]} as text) and s.step = 'verify'
    returning s.healthy, s.detail, now() - s.begun_at > make_interval(secs => cast(:#${ref:rollback-verify-longest} as integer)) as late, seen.restored, seen.only_salesloft
), judged as (
    select detail, case when healthy >= cast(:#${ref:rollback-verify-answers} as integer) then 'done' when not late or healthy > 0 then null
                        when restored and only_salesloft then 'unverified' else 'failed' end as outcome
      from noted
)
select case outcome when 'done' then 'done' else 'failed' end as state, detail, null as skips, null as run, outcome from judged
