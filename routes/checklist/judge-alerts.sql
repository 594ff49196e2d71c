-- Whether the rules have what the list asks for, and each rule says whom to call and what to do.
with rule as (
    select r.value ->> 'alert' as name, r.value ->> 'expr' as expr, r.value -> 'labels' ->> 'severity' as severity, r.value -> 'labels' ->> 'priority' as priority,
           r.value -> 'annotations' ->> 'summary' as summary, r.value -> 'annotations' ->> 'runbook_url' as runbook
      from jsonb_path_query(cast(:#${bodyAs(String)} as jsonb), '$.groups[*].rules[*]') r (value) where r.value -> 'alert' is not null
), asked (kind, priority, metric) as (
    values ('authentication failures', 'P1', 'salesloft_auth_down'), ('5xx', 'P1', 'salesloft_api_errors_total.*server'),
           ('429', 'P2', 'salesloft_api_errors_total.*rate_limited'), ('p99', 'P3', 'salesloft_api_seconds_bucket')
), objection (position, text) as (
    select 1, 'there is no ' || asked.priority || ' for ' || kind from asked
     where not exists (select from rule where rule.priority = asked.priority and regexp_replace(rule.expr, '\s+', ' ', 'g') ~ asked.metric)
    union all
    select 2, name || ' has no ' || case when coalesce(expr, '') = '' then 'expr' when severity is null then 'severity' when priority is null then 'priority'
                                         when summary is null then 'summary' else 'absolute runbook_url' end
      from rule where coalesce(expr, '') = '' or severity is null or priority is null or summary is null or coalesce(runbook, '') !~ '^(https?://|\{\{)'
)
select 'alert-rules' as item, case when count(*) = 0 then 'PASS' else 'FAIL' end as state,
       coalesce(string_agg(text, '; ' order by position, text), (select count(*) || ' rules for Prometheus; that one loads them is not looked at' from rule)) as evidence
  from objection
