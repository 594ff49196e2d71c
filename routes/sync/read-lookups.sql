-- What SalesLoft has to be asked to find out who of the claimed rows exists, in as few requests as URLs of 6,000 characters
-- allow. Round 1 (of sync-push-worker-rounds, whose index counts from 0): by every identity that a row has and SalesLoft has a filter for.
-- Phone and last name of people it cannot be asked for; the mirror can. Of a filter that takes a single value a call nobody is asked who was
-- found otherwise (round 2): accounts of which the mirror knows the domain are asked for by id.
-- Round 2: also people whom the mirror knows by e-mail address and SalesLoft did not show; its lists may lag behind.
with what as materialized (
    select rule, rule ->> 'object' as object, private_rules(:#${ref:private-rules}, rule ->> 'object') as rules, cast(:#${exchangeProperty.CamelLoopIndex} as integer) as round
      from (select cast(:#${exchangeProperty.object[rules]} as jsonb) as rule) r
), kinds as materialized (
    select k.* from what cross join lateral identity_kinds(rule) k
), mine as materialized (
    select * from sync_row where holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and state = 'open'
), found as (
    select lower(btrim(p ->> 'email_address')) as email, p ->> 'id' as id from jsonb_array_elements(cast(:#${exchangeProperty.found} as jsonb)) p
), found_as as (
    select i as identity from what cross join lateral jsonb_array_elements(cast(:#${exchangeProperty.found} as jsonb)) p cross join lateral unnest(known_by(rule, p)) i
), wanted as (
    select k.filter, substr(i, length(k.kind) + 1) as value, k.single
      from what cross join mine m cross join lateral unnest(m.identities) i join kinds k on k.filter is not null and starts_with(i, k.kind)
     where case when k.single then round = 1 and i not in (select identity from found_as) else round = 0 end
    union
    select 'ids', cast(r.id as text), false
      from what cross join mine m
      join record r on r.resource = 'accounts' and r.deleted_at is null and r.domain = lower(btrim(m.fields ->> 'domain'))
     where round = 0 and object = 'accounts'
    union
    select 'ids', cast(r.id as text), false
      from what cross join mine m cross join lateral known_as(rules, 'phone', m.phone) as known (phone)
      join record r on r.resource = 'people' and r.deleted_at is null and r.digits = phone_digits(known.phone)
     where m.match = 'phone' and round = 0 and lower(r.document ->> 'last_name') in (select known_as(rules, 'last_name', m.last_name))
    union
    select 'ids', cast(r.id as text), false
      from what cross join mine m cross join lateral known_as(rules, 'email_address', m.email) address
      join record r on r.resource = 'people' and r.deleted_at is null and r.email = address
     where round = 1 and object = 'people'
       and not exists (select from found where found.email = m.email) and not exists (select from found where found.id = cast(r.id as text))
), part as (
    select filter, value, single, '&' || filter || case when single then '=' else '[]=' end || url_encode(value) as part from wanted
), placed as (
    select filter, value, part, case when single then row_number() over so_far else sum(length(part)) over so_far / 6000 end as url, (row_number() over so_far - 1) / 100 as hundred
      from part window so_far as (partition by filter order by value)
)
select filter, 'per_page=100' || string_agg(part, '' order by value) as query, cast(json_agg(value order by value) as text) as values
  from placed group by filter, url, hundred order by filter, url, hundred
