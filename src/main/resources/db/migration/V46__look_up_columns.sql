-- Records that change often stay in their page: PostgreSQL updates in place (HOT) what changes no column of an index, and an index of an expression over
-- the document is one over the document. What records are looked up by has columns of its own, made of the document, which an update mostly leaves alone.
-- The table is written anew, once, with room in each page; until then all who write or read it wait, about a minute with a million people. The release
-- before this one goes on, but for its look-ups by phone and domain, and of people that SalesLoft does not show, which read the whole mirror.
drop index record_email;
drop index record_phone;
drop index record_phone_digits;
drop index record_membership;
drop index record_domain;
-- Asked for by whoever reads the views since a time. From PostgreSQL 16 on an index of this kind (BRIN) leaves updates in place.
drop index record_updated;

alter table record set (fillfactor = 85);
alter table record
    add column email  text generated always as (case when resource = 'people' then lower(btrim(document ->> 'email_address')) end) stored,
    add column digits text generated always as (case when resource = 'people' then phone_digits(document ->> 'phone') end) stored,
    add column domain text generated always as (case when resource = 'accounts' then lower(btrim(document ->> 'domain')) end) stored,
    add column person text generated always as (case when resource = 'cadence_memberships' then document -> 'person' ->> 'id' end) stored;

-- By hash: a text of any length.
create index record_email on record using hash (email) where email is not null;
create index record_digits on record using hash (digits) where digits is not null;
create index record_domain on record using hash (domain) where domain is not null;
create index record_person on record using hash (person) where person is not null;
create index record_updated on record using brin (updated_at) with (pages_per_range = 16);
