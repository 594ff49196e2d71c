-- What it takes to send a refused mutation again: its own key of the ledger, and what the gateway was given with it.
alter table dead_letter
    add column idempotency_key text,          -- null: no mutation, or one that an older release buried
    add column operation       text,
    add column resource        text,
    add column actor           text,
    add column method          text,
    add column path            text,
    add column query           text,
    add column lookup_path     text,
    add column lookup_query    text;

-- However often it is refused, a mutation is one dead letter.
create unique index dead_letter_mutation on dead_letter (idempotency_key) where state = 'dead';

-- A record from the payload of a dead letter, which somebody may have mended by hand; what is none has its error.
create function read_payload(payload text, out id bigint, out updated_at timestamptz, out document jsonb, out error text)
    language plpgsql stable as $$
begin
    select d.* into id, updated_at, document, error from read_document(readable(payload)) d;
exception when others then
    error := sqlerrm;
end $$;
