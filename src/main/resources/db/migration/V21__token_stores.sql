-- Where the token pair is. A pair that stands in the row is the newest. Where it is empty (no bytes), the newest is in the store stored_in,
-- as its version stored_as; version and seed, the fingerprint of the chain, are known without asking there. trouble says why a pair waits
-- for its store, as of the last attempt (tried_at); waits_since, since when the store has not had the newest. Empty and not null, because the release before would take null for a chain that never began, and begin it anew; of an
-- empty pair it says that it cannot be read.
alter table oauth_token
    add column stored_in text,
    add column stored_as text,
    add column seed      text,
    add column trouble   text,
    add column tried_at  timestamptz,
    add column waits_since timestamptz;
