-- Accounts, as the push writes them: fields with their types, as SalesLoft's published description has them, and where a record shows them. One is
-- known by its crm_id, of which SalesLoft is asked for a hundred at once, or else by its domain, of which it takes one a call.
-- Archiving is not offered: SalesLoft shows a time where it takes a yes or no.
with field (name, type, longest, shown) as (values
    ('account_tier_id', 'integer', null, array['account_tier', 'id']), ('city', 'string', null, null), ('company_stage_id', 'integer', null, array['company_stage', 'id']),
    ('company_type', 'string', null, null), ('conversational_name', 'string', null, null), ('country', 'string', null, null), ('crm_id', 'string', 255, null),
    ('crm_id_type', 'string', null, null), ('custom_fields', 'object', 100000, null), ('description', 'string', null, null), ('do_not_contact', 'boolean', null, null),
    ('domain', 'string', 255, null), ('founded', 'string', null, null), ('industry', 'string', null, null), ('linkedin_url', 'string', null, null), ('locale', 'string', null, null),
    ('name', 'string', null, null), ('owner_id', 'integer', null, array['owner', 'id']), ('phone', 'string', null, null), ('postal_code', 'string', null, null),
    ('revenue_range', 'string', null, null), ('size', 'string', null, null), ('state', 'string', null, null), ('street', 'string', null, null), ('tags', 'array', null, null),
    ('twitter_handle', 'string', null, null), ('website', 'string', null, null)
), special (name, rule) as (values
    ('crm_id_type', '{"seen":false}'), ('domain', '{"form":"lower","pattern":"^[^@:/[:space:]]+[.][^@:/[:space:]]+$","is":"a domain, such as example.com"}')
)
select cast(cast('{
    "object": "accounts", "one": "account", "prefix": "accounts/", "prefer": ["crm_id", "domain"],
    "identities": [{"name": "crm", "match": "crm_id", "fields": ["crm_id"], "forms": [""], "filter": "crm_id"},
                   {"name": "domain", "match": "domain", "fields": ["domain"], "forms": ["lower"], "filter": "domain", "single": true}],
    "instructions": {"match": "string", "key": "string", "id": "integer"},
    "needed": ["name", "domain"], "companions": {"crm_id": {"crm_id_type": "salesforce"} },
    "says": {"match": "match must be id, crm_id or domain", "nobody": "nothing says which account this is: crm_id or domain"}
}' as jsonb) || jsonb_build_object('fields', (select jsonb_object_agg(name, jsonb_strip_nulls(jsonb_build_object('type', type, 'longest', longest, 'shown', shown)) || coalesce(cast(rule as jsonb), '{}'))
                                             from field left join special using (name))) as text) as rules
