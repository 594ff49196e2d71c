-- Stores a run with its steps and pauses every replica with it, unless one is open: then that one's id. No id: another replica has begun one
-- this moment. The release that is rolled back is the one given, or the one that has answered; on Kubernetes what answers to a command is
-- as likely the release before, and the Deployment says all that verify needs.
with run as (
    insert into rollback_run (reason, actor, platform, release, host, to_revision, traceparent)
    values (cast(:#${exchangeProperty.order[reason]} as text), cast(:#${exchangeProperty.actor} as text), cast(:#${properties:salesloft.rollback-platform} as text),
            coalesce(cast(:#${exchangeProperty.release} as text),
                     case when cast(:#${properties:salesloft.rollback-platform} as text) <> 'kubernetes' then to_document(cast(:#${exchangeProperty.answer[body]} as text)) ->> 'release' end),
            coalesce(cast(:#${env:HOSTNAME} as text), 'unknown'), cast(:#${exchangeProperty.order[toRevision]} as integer), :#${exchangeProperty.traceparent})
    on conflict do nothing
    returning id
), steps as (
    insert into rollback_step (run, step, position)
    select run.id, s.step, s.position from run, string_to_table(cast(:#${ref:rollback-order} as text), ',') with ordinality s (step, position)
), frozen as (
    update control set paused = true, by = 'rollback', reason = 'rollback ' || run.id, since = now() from run where not paused
)
select id, true as begun from run
 union all
select (select id from rollback_run where ended_at is null), false where not exists (select from run)
