-- What SalesLoft has to be asked to find out who of the claimed rows exists, in as few requests as URLs of 6,000 characters
-- allow. Round 1 (of sync-push-worker-rounds, whose index counts from 0): by every identity a row has; phone and last name SalesLoft cannot be asked for, the mirror can.
-- Round 2: people whom the mirror knows by e-mail address and SalesLoft did not show; its lists may lag behind.
with private as materialized (
    select private_rules(:#${ref:private-rules}, 'people') as rules
), mine as materialized (
    select * from sync_row where holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and state = 'open'
), found as (
    select lower(btrim(p ->> 'email_address')) as email, p ->> 'id' as id from jsonb_array_elements(cast(:#${exchangeProperty.found} as jsonb)) p
), wanted as (
    select 'email_addresses' as filter, email as value from mine where email is not null and cast(:#${exchangeProperty.CamelLoopIndex} as integer) = 0
    union
    select 'crm_id', crm_id from mine where crm_id is not null and cast(:#${exchangeProperty.CamelLoopIndex} as integer) = 0
    union
    select 'ids', cast(person as text) from mine where match = 'id' and cast(:#${exchangeProperty.CamelLoopIndex} as integer) = 0
    union
    select 'ids', cast(r.id as text)
      from mine m cross join private, lateral known_as(rules, 'phone', m.phone) phone
      join record r on r.resource = 'people' and r.deleted_at is null and phone_digits(r.document ->> 'phone') = phone_digits(phone)
     where m.match = 'phone' and cast(:#${exchangeProperty.CamelLoopIndex} as integer) = 0 and lower(r.document ->> 'last_name') in (select known_as(rules, 'last_name', m.last_name))
    union
    select 'ids', cast(r.id as text)
      from mine m cross join private, lateral known_as(rules, 'email_address', m.email) address
      join record r on r.resource = 'people' and r.deleted_at is null and lower(btrim(r.document ->> 'email_address')) = address
     where cast(:#${exchangeProperty.CamelLoopIndex} as integer) = 1
       and not exists (select from found where found.email = m.email) and not exists (select from found where found.id = cast(r.id as text))
), part as (
    select filter, value, '&' || filter || '[]=' || url_encode(value) as part from wanted
), placed as (
    select filter, value, part, sum(length(part)) over so_far / 6000 as url, (row_number() over so_far - 1) / 100 as hundred
      from part window so_far as (partition by filter order by value)
)
select filter, 'per_page=100' || string_agg(part, '' order by value) as query, cast(json_agg(value order by value) as text) as values
  from placed group by filter, url, hundred order by filter, url, hundred
