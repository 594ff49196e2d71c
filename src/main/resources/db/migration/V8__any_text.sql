-- Text from outside has any length and any form. From here on neither an index nor a view fails because of it.

-- A B-tree refuses an entry above 2.7 kB, and with it the whole statement; an index by hash takes a text of any length. A release
-- before this one asks the same questions and gets the same answers.
drop index record_email;
drop index record_phone;
drop index record_membership;
create index record_email on record using hash (lower(btrim(document ->> 'email_address'))) where resource = 'people';
create index record_phone on record using hash ((document ->> 'phone')) where resource = 'people';
create index record_membership on record using hash ((document -> 'person' ->> 'id')) where resource = 'cadence_memberships';

-- Records that beforeMigrate.sql has set aside because V7 would have refused them.
do $$ begin
    if to_regclass('record_set_aside') is not null then
        insert into record select * from record_set_aside on conflict do nothing;
        drop table record_set_aside;
    end if;
end $$;

-- Outcomes of rows for the topic salesloft.results. Not in the table outbox: the release before V7 reads all rows there, sends these without a
-- key and stops, because Kafka refuses them. Rows of a new kind get a table of their own, so that an older release
-- leaves them for a newer one. The numbers are the outbox's, because the two are published in one order.
create table result_outbox (
    seq      bigint      primary key default nextval(pg_get_serial_sequence('outbox', 'seq')),
    key      text        not null,
    document jsonb       not null,
    at       timestamptz not null default now()
);

-- A whole number from text, or null from anything else.
create function to_bigint(value text) returns bigint language sql immutable parallel safe as $$
    select case when value ~ '^-?[0-9]{1,18}$' then cast(value as bigint) end
$$;

-- The same for a number that has to fit into an integer.
create function to_integer(value text) returns integer language sql immutable parallel safe as $$
    select case when value ~ '^-?[0-9]{1,9}$' then cast(value as integer) end
$$;

-- true and false from text, or null from anything else.
create function to_boolean(value text) returns boolean language sql immutable parallel safe as $$
    select case lower(value) when 'true' then true when 'false' then false end
$$;

-- Characters of a text; of any other value, those of its JSON.
create function text_length(value jsonb) returns integer language sql immutable parallel safe as $$
    select length(value #>> '{}')
$$;

-- The views of V2 and V4: a value of another form is null, where it made every question to the view fail.
create or replace view people as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'first_name' as first_name,
       document ->> 'last_name' as last_name,
       document ->> 'display_name' as display_name,
       lower(document ->> 'email_address') as email_address,
       document ->> 'phone' as phone,
       document ->> 'title' as title,
       document ->> 'crm_id' as crm_id,
       to_boolean(document ->> 'do_not_contact') as do_not_contact,
       to_bigint(document -> 'account' ->> 'id') as account_id,
       to_bigint(document -> 'owner' ->> 'id') as owner_id,
       to_bigint(document -> 'person_stage' ->> 'id') as person_stage_id,
       document
from record where resource = 'people' and deleted_at is null;

create or replace view accounts as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       document ->> 'domain' as domain,
       document ->> 'industry' as industry,
       document ->> 'crm_id' as crm_id,
       to_bigint(document -> 'owner' ->> 'id') as owner_id,
       document
from record where resource = 'accounts' and deleted_at is null;

create or replace view cadences as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       document ->> 'current_state' as current_state,
       to_boolean(document ->> 'team_cadence') as team_cadence,
       to_bigint(document -> 'owner' ->> 'id') as owner_id,
       document
from record where resource = 'cadences' and deleted_at is null;

create or replace view cadence_memberships as
select id, updated_at,
       to_instant(document ->> 'added_at') as added_at,
       to_boolean(document ->> 'currently_on_cadence') as currently_on_cadence,
       document ->> 'current_state' as current_state,
       to_bigint(document -> 'person' ->> 'id') as person_id,
       to_bigint(document -> 'cadence' ->> 'id') as cadence_id,
       to_bigint(document -> 'user' ->> 'id') as user_id,
       document
from record where resource = 'cadence_memberships' and deleted_at is null;

create or replace view users as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       lower(document ->> 'email') as email,
       to_boolean(document ->> 'active') as active,
       document ->> 'time_zone' as time_zone,
       document
from record where resource = 'users' and deleted_at is null;

create or replace view emails as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       to_instant(document ->> 'sent_at') as sent_at,
       document ->> 'status' as status,
       document ->> 'subject' as subject,
       lower(document ->> 'recipient_email_address') as recipient_email_address,
       to_boolean(document ->> 'bounced') as bounced,
       to_bigint(document -> 'recipient' ->> 'id') as person_id,
       to_bigint(document -> 'user' ->> 'id') as user_id,
       to_bigint(document -> 'cadence' ->> 'id') as cadence_id,
       to_bigint(document -> 'step' ->> 'id') as step_id,
       document
from record where resource = 'emails' and deleted_at is null;

create or replace view calls as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'to' as called_number,
       to_bigint(document ->> 'duration') as duration_seconds,
       document ->> 'disposition' as disposition,
       document ->> 'sentiment' as sentiment,
       to_bigint(document -> 'called_person' ->> 'id') as person_id,
       to_bigint(document -> 'user' ->> 'id') as user_id,
       to_bigint(document -> 'cadence' ->> 'id') as cadence_id,
       to_bigint(document -> 'step' ->> 'id') as step_id,
       document
from record where resource = 'calls' and deleted_at is null;

create or replace view notes as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'content' as content,
       document ->> 'associated_type' as associated_type,
       to_bigint(document -> 'associated_with' ->> 'id') as associated_id,
       to_bigint(document -> 'user' ->> 'id') as user_id,
       document
from record where resource = 'notes' and deleted_at is null;

create or replace view steps as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       document ->> 'display_name' as display_name,
       document ->> 'type' as type,
       to_integer(document ->> 'day') as day,
       to_integer(document ->> 'step_number') as step_number,
       to_boolean(document ->> 'disabled') as disabled,
       to_bigint(document -> 'cadence' ->> 'id') as cadence_id,
       document
from record where resource = 'steps' and deleted_at is null;

create or replace view successes as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       to_instant(document ->> 'succeeded_at') as succeeded_at,
       to_bigint(document -> 'person' ->> 'id') as person_id,
       to_bigint(document -> 'user' ->> 'id') as user_id,
       to_bigint(document -> 'latest_cadence' ->> 'id') as cadence_id,
       to_bigint(document -> 'latest_step' ->> 'id') as step_id,
       document
from record where resource = 'successes' and deleted_at is null;

create or replace view person_stages as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       to_integer(document ->> 'order') as "order",
       document
from record where resource = 'person_stages' and deleted_at is null;

create or replace view tasks as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'subject' as subject,
       document ->> 'task_type' as task_type,
       document ->> 'current_state' as current_state,
       document ->> 'due_date' as due_date,
       to_instant(document ->> 'completed_at') as completed_at,
       to_bigint(document -> 'person' ->> 'id') as person_id,
       to_bigint(document -> 'user' ->> 'id') as user_id,
       document
from record where resource = 'tasks' and deleted_at is null;

create or replace view meetings as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'title' as title,
       document ->> 'status' as status,
       to_instant(document ->> 'start_time') as start_time,
       to_instant(document ->> 'end_time') as end_time,
       to_bigint(document -> 'person' ->> 'id') as person_id,
       to_bigint(document -> 'cadence' ->> 'id') as cadence_id,
       document
from record where resource = 'meetings' and deleted_at is null;
