-- Has a notice wait to be sent, once an audience, and go to Kafka where there is one. One with an incident only where the incident
-- begins or ends by this. A text is no longer than 2000 characters, and no e-mail address gets out in it.
with given as (
    select cast(:#${exchangeProperty.incident} as text) as incident, coalesce(cast(cast(:#${exchangeProperty.over} as text) as boolean), false) as over
), began as (
    insert into incident (name) select incident from given where incident is not null and not over
    on conflict (name) do nothing
    returning name, began_at
), ended as (
    delete from incident i using given g where i.name = g.incident and g.over returning i.name, i.began_at
), told as (
    select cast(:#${exchangeProperty.notice} as text) as id from given where incident is null
     union all
    select i.name || ':' || to_char(i.began_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || case when g.over then ':over' else ':begun' end
      from (select * from began union all select * from ended) i, given g
), written as (
    insert into notice (id, audience, traceparent, document)
    select t.id, a.audience, :#${exchangeProperty.traceparent}, jsonb_strip_nulls(jsonb_build_object(
               'id', t.id, 'audience', a.audience, 'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
               'severity', cast(:#${exchangeProperty.severity} as text), 'priority', cast(:#${exchangeProperty.priority} as text),
               'message', masked_addresses(left(cast(:#${exchangeProperty.text} as text), 2000)),
               'runbook', cast(:#${exchangeProperty.runbook} as text),
               'runbookUrl', nullif(cast(:#${properties:salesloft.runbook-url} as text), '') || chr(35) || cast(:#${exchangeProperty.runbook} as text),
               'incident', g.incident, 'over', case when g.incident is not null then g.over end))
      from told t, given g, unnest(string_to_array(:#${exchangeProperty.audience}, ',')) as a (audience)
     order by a.audience
    on conflict (id, audience) do nothing
    returning id, document, traceparent
), queued as (
    insert into notice_outbox (key, document, traceparent)
    select id, document, traceparent from written where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
)
select count(*) as told from written
