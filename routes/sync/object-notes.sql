-- Notes, as the push writes them: a row makes a note of a person or an account, named by SalesLoft's id, or with match id changes one. Nothing but its row
-- says which note is meant: a row is a note, once (its key). Notes of one person, or account, are made one after the other, in the order of
-- their rows, so that one whose answer was lost can be told from the others: made since then, with this content.
with field (name, type, rule) as (values
    ('content', 'string', '{"longest":100000}'), ('call_id', 'integer', '{"shown":["call","id"]}'),
    ('associated_with_type', 'string', '{"on":"create","form":"lower","shown":["associated_type"],"pattern":"^([Pp][Ee][Rr][Ss][Oo][Nn]|[Aa][Cc][Cc][Oo][Uu][Nn][Tt])$","is":"person or account"}'),
    ('associated_with_id', 'integer', '{"on":"create","shown":["associated_with","id"]}'),
    ('subject', 'string', '{"on":"create"}'), ('skip_crm_sync', 'boolean', '{"on":"create"}'), ('user_guid', 'string', '{"on":"create"}')
)
select cast(cast('{
    "object": "notes", "one": "note", "prefix": "notes/", "prefer": [],
    "identities": [{"name": "of", "fields": ["associated_with_type", "associated_with_id"], "forms": ["lower", ""]}],
    "instructions": {"match": "string", "key": "string", "id": "integer"},
    "companions": {"call_id": {"content": null} },
    "needed": ["content", "associated_with_type", "associated_with_id"],
    "about": {"field": "associated_with_id", "if": "associated_with_type", "is": "person"},
    "made": {"query": "associated_with_type={associated_with_type}&associated_with_id={associated_with_id}&sort_by=created_at&sort_direction=DESC&per_page=100",
             "same": ["content", "associated_with_type", "associated_with_id"], "strict": true},
    "says": {"match": "match must be id"}
}' as jsonb) || jsonb_build_object('fields', (select jsonb_object_agg(name, jsonb_build_object('type', type) || cast(rule as jsonb)) from field)) as text) as rules
