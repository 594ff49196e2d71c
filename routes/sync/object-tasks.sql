-- Tasks, as the push writes them: a row makes a task for a person, named by SalesLoft's id, or with match id changes one. Nothing but its row says which
-- task is meant: a row is a task, once. SalesLoft is given the row's key (idempotency_key), by which it refuses a second one, and by which
-- it is asked for one whose answer was lost.
with field (name, type, rule) as (values
    ('subject', 'string', '{}'), ('description', 'string', '{}'), ('due_date', 'string', '{"pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$","is":"a date, such as 2026-12-31"}'),
    ('remind_at', 'string', '{"form":"moment","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}.*$","is":"a time, such as 2026-12-31T09:00:00Z"}'),
    ('current_state', 'string', '{"pattern":"^(scheduled|completed)$","is":"scheduled or completed"}'),
    ('task_type', 'string', '{"on":"create","pattern":"^(call|email|general)$","is":"call, email or general"}'),
    ('person_id', 'integer', '{"on":"create","shown":["person","id"]}'), ('user_id', 'integer', '{"on":"create","shown":["user","id"]}')
)
select cast(cast('{
    "object": "tasks", "one": "task", "prefix": "tasks/", "prefer": [], "identities": [],
    "instructions": {"match": "string", "key": "string", "id": "integer"},
    "needed": ["subject", "task_type", "due_date", "person_id", "user_id"], "defaults": {"current_state": "scheduled"}, "key_field": "idempotency_key", "texts": ["person_id"],
    "about": {"field": "person_id"},
    "made": {"query": "idempotency_key={idempotency_key}&person_id[]={person_id}&per_page=100", "same": ["subject", "task_type", "due_date", "person_id"]},
    "says": {"match": "match must be id"}
}' as jsonb) || jsonb_build_object('fields', (select jsonb_object_agg(name, jsonb_build_object('type', type) || cast(rule as jsonb)) from field)) as text) as rules
