-- People, as the push writes them: fields with their types, as SalesLoft's published description has them; where a record shows them; by what one is
-- known, and what SalesLoft is asked for it. The longest e-mail address there is has 254 characters; what people are matched by is indexed;
-- no other text is a megabyte. A phone is an identity by its digits, and as it came, which is what an older release goes by.
with field (name, type, longest, shown) as (values
    ('account_id', 'integer', null, array['account', 'id']), ('autotag_date', 'boolean', null, null), ('city', 'string', null, null), ('contact_restrictions', 'array', null, null),
    ('country', 'string', null, null), ('crm_id', 'string', 255, null), ('crm_id_type', 'string', null, null), ('custom_fields', 'object', 100000, null),
    ('do_not_contact', 'boolean', null, null), ('email_address', 'string', 254, null), ('first_name', 'string', null, null), ('home_phone', 'string', null, null),
    ('import_id', 'integer', null, array['import', 'id']), ('job_seniority', 'string', null, null), ('last_name', 'string', 255, null), ('linkedin_url', 'string', null, null),
    ('locale', 'string', null, null), ('mobile_phone', 'string', null, null), ('owner_id', 'integer', null, array['owner', 'id']), ('person_company_industry', 'string', null, null),
    ('person_company_name', 'string', null, null), ('person_company_website', 'string', null, null), ('person_stage_id', 'integer', null, array['person_stage', 'id']),
    ('personal_email_address', 'string', null, null), ('personal_website', 'string', null, null), ('phone', 'string', 255, null), ('phone_extension', 'string', null, null),
    ('secondary_email_address', 'string', null, null), ('state', 'string', null, null), ('tags', 'array', null, null), ('title', 'string', null, null),
    ('twitter_handle', 'string', null, null), ('work_city', 'string', null, null), ('work_country', 'string', null, null), ('work_state', 'string', null, null)
), special (name, rule) as (values
    ('autotag_date', '{"seen":false}'), ('crm_id_type', '{"seen":false}'),
    ('email_address', '{"pattern":"^[^@[:space:]<>\"]+@[^@[:space:]<>\".]+([.][^@[:space:]<>\".]+)+$","is":"an e-mail address"}')
)
select cast(cast('{
    "object": "people", "one": "person", "prefix": "", "prefer": ["crm_id", "email", "phone"],
    "identities": [{"name": "email", "match": "email", "fields": ["email_address"], "forms": ["lower"], "filter": "email_addresses"},
                   {"name": "crm", "match": "crm_id", "fields": ["crm_id"], "forms": [""], "filter": "crm_id"},
                   {"name": "phone", "match": "phone", "fields": ["phone", "last_name"], "forms": ["digits", "lower"], "alone": true},
                   {"name": "phone", "fields": ["phone", "last_name"], "forms": ["", "lower"]}],
    "instructions": {"match": "string", "key": "string", "id": "integer", "cadence_id": "integer", "user_id": "integer", "reenroll": "boolean", "leave": "boolean"},
    "companions": {"crm_id": {"crm_id_type": "salesforce"} },
    "says": {"match": "match must be id, crm_id or email", "nobody": "nothing says who this is: crm_id, email_address, or phone with last_name", "private": "nobody can be matched by phone and last_name, of which PRIVATE_FIELDS drops one: give crm_id or email_address"}
}' as jsonb) || jsonb_build_object('fields', (select jsonb_object_agg(name, jsonb_strip_nulls(jsonb_build_object('type', type, 'longest', longest, 'shown', shown)) || coalesce(cast(rule as jsonb), '{}'))
                                             from field left join special using (name))) as text) as rules
