-- A view per resource, as in V2, for what people do with SalesLoft and for what describes it.

create view emails as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       to_instant(document ->> 'sent_at') as sent_at,
       document ->> 'status' as status,
       document ->> 'subject' as subject,
       lower(document ->> 'recipient_email_address') as recipient_email_address,
       (document ->> 'bounced')::boolean as bounced,
       (document -> 'recipient' ->> 'id')::bigint as person_id,
       (document -> 'user' ->> 'id')::bigint as user_id,
       (document -> 'cadence' ->> 'id')::bigint as cadence_id,
       (document -> 'step' ->> 'id')::bigint as step_id,
       document
from record where resource = 'emails' and deleted_at is null;

create view calls as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'to' as called_number,
       (document ->> 'duration')::bigint as duration_seconds,
       document ->> 'disposition' as disposition,
       document ->> 'sentiment' as sentiment,
       (document -> 'called_person' ->> 'id')::bigint as person_id,
       (document -> 'user' ->> 'id')::bigint as user_id,
       (document -> 'cadence' ->> 'id')::bigint as cadence_id,
       (document -> 'step' ->> 'id')::bigint as step_id,
       document
from record where resource = 'calls' and deleted_at is null;

create view notes as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'content' as content,
       document ->> 'associated_type' as associated_type,
       (document -> 'associated_with' ->> 'id')::bigint as associated_id,
       (document -> 'user' ->> 'id')::bigint as user_id,
       document
from record where resource = 'notes' and deleted_at is null;

create view steps as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       document ->> 'display_name' as display_name,
       document ->> 'type' as type,
       (document ->> 'day')::integer as day,
       (document ->> 'step_number')::integer as step_number,
       (document ->> 'disabled')::boolean as disabled,
       (document -> 'cadence' ->> 'id')::bigint as cadence_id,
       document
from record where resource = 'steps' and deleted_at is null;

create view successes as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       to_instant(document ->> 'succeeded_at') as succeeded_at,
       (document -> 'person' ->> 'id')::bigint as person_id,
       (document -> 'user' ->> 'id')::bigint as user_id,
       (document -> 'latest_cadence' ->> 'id')::bigint as cadence_id,
       (document -> 'latest_step' ->> 'id')::bigint as step_id,
       document
from record where resource = 'successes' and deleted_at is null;

create view person_stages as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'name' as name,
       (document ->> 'order')::integer as "order",
       document
from record where resource = 'person_stages' and deleted_at is null;

create view tasks as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'subject' as subject,
       document ->> 'task_type' as task_type,
       document ->> 'current_state' as current_state,
       document ->> 'due_date' as due_date,
       to_instant(document ->> 'completed_at') as completed_at,
       (document -> 'person' ->> 'id')::bigint as person_id,
       (document -> 'user' ->> 'id')::bigint as user_id,
       document
from record where resource = 'tasks' and deleted_at is null;

create view meetings as
select id, updated_at,
       to_instant(document ->> 'created_at') as created_at,
       document ->> 'title' as title,
       document ->> 'status' as status,
       to_instant(document ->> 'start_time') as start_time,
       to_instant(document ->> 'end_time') as end_time,
       (document -> 'person' ->> 'id')::bigint as person_id,
       (document -> 'cadence' ->> 'id')::bigint as cadence_id,
       document
from record where resource = 'meetings' and deleted_at is null;
