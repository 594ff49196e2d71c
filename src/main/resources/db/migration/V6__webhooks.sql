-- What SalesLoft's webhooks brought, each once. A row is here before SalesLoft hears that its event was taken.
create table webhook_event (
    id          text        primary key,    -- as webhook.camel.yaml derives it
    event       text        not null,
    body        jsonb       not null,       -- a JSON string: what PostgreSQL cannot read as JSON, as it came
    received_at timestamptz not null default now(),
    state       text        not null        -- received, applied, dead
);
create index webhook_event_waiting on webhook_event (received_at) where state = 'received';
create index webhook_event_done on webhook_event (received_at) where state = 'applied';

-- When each kind of event last came; longer than the events themselves are kept.
create table webhook_activity (
    event   text        primary key,
    last_at timestamptz not null
);

-- Our subscriptions at SalesLoft, as they were last seen there. Which token they sign with is known by its fingerprint.
create table webhook_subscription (
    id                bigint      primary key,
    event             text        not null,
    token_fingerprint text        not null, -- empty: not known
    enabled           boolean     not null,
    seen_at           timestamptz not null default now()
);

-- What tells one callback token from another without holding it.
create function fingerprint(token text) returns text language sql immutable as $$
    select left(encode(sha256(convert_to(token, 'UTF8')), 'hex'), 16)
$$;

-- How often each subscription was made of late, so that one which SalesLoft does not show is not made for ever.
create table webhook_subscription_made (
    event             text        not null,
    token_fingerprint text        not null,
    at                timestamptz not null default now()
);

-- An event that cannot be applied is one dead letter. Not under idempotency_key: an older release would take it for a mutation.
alter table dead_letter add column event_id text;
create unique index dead_letter_event on dead_letter (event_id) where state = 'dead';

-- Events that are about no record have no id. They go to the topic salesloft.events.
alter table outbox alter column id drop not null;

-- The body of an event, or what keeps PostgreSQL from reading it as JSON. Without the callback token, which SalesLoft's
-- description says is sent along.
create function read_body(body text, out document jsonb, out error text) language plpgsql immutable as $$
begin
    document := cast(cast(readable(body) as text) as jsonb) - 'callback_token';
exception when others then
    error := sqlerrm;
end $$;

-- The same for a body that is no JSON to PostgreSQL.
create function without_token(body text) returns text language sql immutable as $$
    select regexp_replace(body, '"callback_token"\s*:\s*"(\\.|[^"\\])*"', '"callback_token":"***"', 'g')
$$;

-- Which version of which record an event carries, or why that cannot be said.
create function read_event(document jsonb, out record bigint, out updated_at timestamptz, out error text)
    language plpgsql stable as $$
begin
    record := (document ->> 'id')::bigint;
    updated_at := to_instant(document ->> 'updated_at');
    error := case when record is null then 'no id' when updated_at is null then 'no updated_at' end;
exception when others then
    error := sqlerrm;
end $$;
