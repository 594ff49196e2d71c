-- Stores what came of a step: its state and what is to be said of it; steps that are left out for it; and of the run whether it waits for
-- somebody (blocked), and its outcome, of which the first counts. With its last step the run ends, and the template that it has brought
-- back, which may hold what is private, is forgotten. No row: another replica has the lease.
with held as (
    select from lease
     where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
), ended as (
    update rollback_step s
       set state = case when s.step = cast(:#${exchangeProperty.run[step]} as text) then cast(:#${header.result[state]} as text) else 'skipped' end,
           detail = case when s.step = cast(:#${exchangeProperty.run[step]} as text) then cast(:#${header.result[detail]} as text) else 'there is nothing to do for it' end,
           at = now()
      from held
     where s.run = cast(:#${exchangeProperty.run[id]} as text)
       and (s.step = cast(:#${exchangeProperty.run[step]} as text) and s.state = 'running' or s.step = cast(:#${header.result[skips]} as text) and s.state = 'pending')
    returning s.step
), outcome as (
    select coalesce(r.outcome, cast(:#${header.result[outcome]} as text)) as outcome,
           not exists (select from rollback_step s where s.run = r.id and s.state in ('pending', 'running') and s.step not in (select step from ended)
                                and s.step = any (string_to_array(cast(:#${ref:rollback-order} as text), ','))) as over
      from rollback_run r where r.id = cast(:#${exchangeProperty.run[id]} as text)
), run as (
    update rollback_run r
       set outcome = o.outcome, ended_at = case when o.over then now() end,
           preflight = case when o.over then jsonb_set(r.preflight, '{target,template}', 'null', false) else r.preflight end,
           state = case when o.over then coalesce(o.outcome, 'failed') when cast(:#${header.result[run]} as text) is not null then cast(:#${header.result[run]} as text) else r.state end
      from outcome o, held where r.id = cast(:#${exchangeProperty.run[id]} as text)
    returning r.state
)
select state from run
