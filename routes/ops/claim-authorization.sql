-- Takes SalesLoft's answer to an authorisation, once: from here on the state is spent, whatever becomes of the code. Row: the
-- authorisation, or what is wrong with the address.
with asked as (
    select cast(:#${bean:authorization-code?method=hash(${exchangeProperty.consent[state]})} as text) as state_hash, cast(:#${bean:authorization-code?method=settings} as text) as settings
), claimed as (
    update oauth_authorization a set answered_at = now() from asked
     where a.state_hash = asked.state_hash and a.settings = asked.settings and a.answered_at is null and a.expires_at > now()
    returning a.id
)
select (select id from claimed) as id, a.id is not null as known,
       case when exists (select from claimed) then null
            when a.id is null then 'belongs to no authorisation that was begun here'
            when a.answered_at is not null then 'was used before'
            when a.expires_at <= now() then 'is too old'
            when a.settings <> asked.settings then 'belongs to another OAuth client or redirect address than are set now'
            else 'was used before' end as refusal
  from asked left join oauth_authorization a on a.state_hash = asked.state_hash
