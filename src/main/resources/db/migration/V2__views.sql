-- A view per resource: live records with the columns that reports ask for; everything else is in document.

create view people as
select id, updated_at,
       (document ->> 'created_at')::timestamptz as created_at,
       document ->> 'first_name' as first_name,
       document ->> 'last_name' as last_name,
       document ->> 'display_name' as display_name,
       lower(document ->> 'email_address') as email_address,
       document ->> 'phone' as phone,
       document ->> 'title' as title,
       document ->> 'crm_id' as crm_id,
       (document ->> 'do_not_contact')::boolean as do_not_contact,
       (document -> 'account' ->> 'id')::bigint as account_id,
       (document -> 'owner' ->> 'id')::bigint as owner_id,
       (document -> 'person_stage' ->> 'id')::bigint as person_stage_id,
       document
from record where resource = 'people' and deleted_at is null;

create view accounts as
select id, updated_at,
       (document ->> 'created_at')::timestamptz as created_at,
       document ->> 'name' as name,
       document ->> 'domain' as domain,
       document ->> 'industry' as industry,
       document ->> 'crm_id' as crm_id,
       (document -> 'owner' ->> 'id')::bigint as owner_id,
       document
from record where resource = 'accounts' and deleted_at is null;

create view cadences as
select id, updated_at,
       (document ->> 'created_at')::timestamptz as created_at,
       document ->> 'name' as name,
       document ->> 'current_state' as current_state,
       (document ->> 'team_cadence')::boolean as team_cadence,
       (document -> 'owner' ->> 'id')::bigint as owner_id,
       document
from record where resource = 'cadences' and deleted_at is null;

create view cadence_memberships as
select id, updated_at,
       (document ->> 'added_at')::timestamptz as added_at,
       (document ->> 'currently_on_cadence')::boolean as currently_on_cadence,
       document ->> 'current_state' as current_state,
       (document -> 'person' ->> 'id')::bigint as person_id,
       (document -> 'cadence' ->> 'id')::bigint as cadence_id,
       (document -> 'user' ->> 'id')::bigint as user_id,
       document
from record where resource = 'cadence_memberships' and deleted_at is null;

create view users as
select id, updated_at,
       (document ->> 'created_at')::timestamptz as created_at,
       document ->> 'name' as name,
       lower(document ->> 'email') as email,
       (document ->> 'active')::boolean as active,
       document ->> 'time_zone' as time_zone,
       document
from record where resource = 'users' and deleted_at is null;
