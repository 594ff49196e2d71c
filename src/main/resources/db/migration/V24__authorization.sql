-- Authorisations in the browser: who began each, until when SalesLoft's answer is taken, and what came of it. The state that SalesLoft
-- carries through the browser and back stands here as its hash alone; a row takes one answer.
create table oauth_authorization (
    id          text        primary key default cast(gen_random_uuid() as text),
    state_hash  text        not null unique, -- SHA-256, in hexadecimal
    settings    text        not null,        -- fingerprint of the OAuth client and of the address that SalesLoft sends the browser back to
    actor       text        not null,
    begun_at    timestamptz not null default now(),
    expires_at  timestamptz not null,
    answered_at timestamptz,                 -- null: no answer came yet
    outcome     text                         -- done, failed; null with an answer: the process died over it
);
