-- Notices: what sales and operators are told. A row is a notice for one audience; the same id is the same notice, however often it is
-- asked for. Rows stay for a while after they were delivered, so that a repetition is known as one.
create table notice (
    id              text        not null,
    audience        text        not null,                     -- sales, ops
    document        jsonb       not null,                     -- what people and programs get: id, severity, message, runbook …
    at              timestamptz not null default now(),
    state           text        not null default 'waiting',   -- waiting, delivered, logged (no URL is set), dead
    attempts        integer     not null default 0,
    trying_since    timestamptz not null default now(),
    next_attempt_at timestamptz not null default now(),
    error           text,                                     -- of the last attempt
    ended_at        timestamptz,
    primary key (id, audience)
);
create index notice_waiting on notice (audience, next_attempt_at) where state = 'waiting';
create index notice_ended on notice (ended_at) where state <> 'waiting';

-- What is going on now: a notice goes out when an incident begins, and one when it is over, over all replicas.
create table incident (
    name     text        primary key,
    began_at timestamptz not null default clock_timestamp()
);

-- What may be sent now. Notices about one subject go out in their order: that something is over is not told before it was told that it began.
create view due_notice as
select n.*
  from notice n
 where n.state = 'waiting' and n.next_attempt_at <= now()
   and not exists (select from notice b
                    where b.state = 'waiting' and b.audience = n.audience and b.document ->> 'runbook' = n.document ->> 'runbook' and b.at < n.at);

-- Notices for the topic salesloft.notifications, in a table of their own, as result_outbox: an older release, which does not know the
-- topic, leaves them for a newer one. The numbers are the outbox's, because all are published in one order.
create table notice_outbox (
    seq      bigint      primary key default nextval(pg_get_serial_sequence('outbox', 'seq')),
    key      text        not null,
    document jsonb       not null,
    at       timestamptz not null default now()
);
