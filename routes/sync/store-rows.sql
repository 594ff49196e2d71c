-- Stores some rows of a job, each with what is wrong with it, if anything is: such a row is done, and has failed, alone.
-- The fields are those that SalesLoft's published description lets one write, with their types. The longest
-- e-mail address there is has 254 characters; what people are matched by is indexed; no other text is a megabyte.
-- A phone is an identity by its digits, and as it came, which is what an older release goes by.
-- In: a JSON array of {"number":…,"row":{…},"csv":true}, or with "error" and "text" in place of row; "key" and "traceparent" if
-- it comes with one.
-- Of a row that is not done at once only what may be kept stays (private-rules; mostly there are none). One about somebody who was erased is not taken.
-- Those after position from up to position to are stored: all of them, or those with which the bean halving finds the one that
-- PostgreSQL refuses. That one comes alone, with its refusal: it has failed, and what it said is a dead letter.
with field (name, type) as (values
    ('account_id', 'integer'), ('autotag_date', 'boolean'), ('city', 'string'), ('contact_restrictions', 'array'), ('country', 'string'),
    ('crm_id', 'string'), ('crm_id_type', 'string'), ('custom_fields', 'object'), ('do_not_contact', 'boolean'), ('email_address', 'string'),
    ('first_name', 'string'), ('home_phone', 'string'), ('import_id', 'integer'), ('job_seniority', 'string'), ('last_name', 'string'),
    ('linkedin_url', 'string'), ('locale', 'string'), ('mobile_phone', 'string'), ('owner_id', 'integer'), ('person_company_industry', 'string'),
    ('person_company_name', 'string'), ('person_company_website', 'string'), ('person_stage_id', 'integer'), ('personal_email_address', 'string'),
    ('personal_website', 'string'), ('phone', 'string'), ('phone_extension', 'string'), ('secondary_email_address', 'string'), ('state', 'string'),
    ('tags', 'array'), ('title', 'string'), ('twitter_handle', 'string'), ('work_city', 'string'), ('work_country', 'string'), ('work_state', 'string')
), bound (name, longest) as (values
    ('email_address', 254), ('crm_id', 255), ('phone', 255), ('last_name', 255), ('custom_fields', 100000)
), instruction (name, type) as (values
    ('match', 'string'), ('key', 'string'), ('id', 'integer'), ('cadence_id', 'integer'), ('user_id', 'integer'), ('reenroll', 'boolean')
), private as materialized (
    select private_rules(:#${ref:private-rules}, 'people') as rules
), given as materialized (
    select cast(e ->> 'number' as integer) as number, coalesce(cast(e ->> 'csv' as boolean), false) as csv, e ->> 'key' as key, e ->> 'traceparent' as traceparent,
           case when refusal is null then e ->> 'text' else 'refused; kept as a dead letter' end as text,
           case when refusal is null then b.document end as document,
           coalesce('PostgreSQL refuses it: ' || refusal, e ->> 'error', b.error, case when jsonb_typeof(b.document) <> 'object' then 'not a JSON object' end) as error,
           case when refusal is not null then coalesce(cast(e -> 'row' as text), e ->> 'text') end as refused
      from json_array_elements(readable(:#${exchangeProperty.rows})) with ordinality a (e, position),
           lateral read_row(cast(e -> 'row' as text)) b, (select cast(:#${exchangeProperty.refusal} as text) as refusal) r
     where a.position > cast(:#${exchangeProperty.from} as integer) and a.position <= cast(:#${exchangeProperty.to} as integer)
), value as materialized (
    select g.number, v.key as name, f.name is not null as writable, coalesce(f.type, i.type) as type, coalesce(b.longest, 10000) as longest, typed(v.value, coalesce(f.type, i.type), g.csv) as value
      from given g cross join lateral jsonb_each(case when g.error is null then g.document else '{}' end) v
      left join field f on f.name = v.key left join instruction i on i.name = v.key left join bound b on b.name = v.key
), read as materialized (
    select number, jsonb_object_agg(name, value) filter (where writable and value is not null) as fields,
           jsonb_object_agg(name, value) filter (where not writable and value is not null) as instructions,
           string_agg(case when type is null then 'unknown field ' || left(name, 100)
                           when value is not null then name || ' is longer than ' || longest || ' characters'
                           when type = 'array' then name || ' must be a list of strings' else name || ' must be of type ' || type end, '; ' order by name)
             filter (where value is null or text_length(value) > longest) as error
      from value group by number
), identified as (
    select g.number, g.csv, g.text, g.document, g.traceparent, coalesce(g.error, r.error) as error,
           coalesce(r.fields || case when r.fields ->> 'email_address' is null then '{}' else jsonb_build_object('email_address', btrim(r.fields ->> 'email_address')) end, '{}') as fields,
           coalesce(nullif(btrim(r.instructions ->> 'key'), ''), g.key) as key, nullif(btrim(r.instructions ->> 'match'), '') as match,
           cast(r.instructions ->> 'id' as bigint) as person, cast(r.instructions ->> 'cadence_id' as bigint) as cadence_id,
           cast(r.instructions ->> 'user_id' as bigint) as user_id, coalesce(cast(r.instructions ->> 'reenroll' as boolean), false) as reenroll,
           nullif(lower(btrim(r.fields ->> 'email_address')), '') as email, nullif(btrim(r.fields ->> 'crm_id'), '') as crm_id,
           nullif(btrim(r.fields ->> 'phone'), '') as phone, nullif(lower(btrim(r.fields ->> 'last_name')), '') as last_name
      from given g left join read r on r.number = g.number
), matched as (
    select i.*, coalesce(i.match, case when crm_id is not null then 'crm_id' when email is not null then 'email'
                                       when phone is not null and last_name is not null then 'phone' end) as by
      from identified i
), known as (
    select m.*, rules, coalesce(cast(rules ->> 'suppressing' as boolean) and m.document is not null and unless_suppressed(rules, 'people', m.document) is null, false) as erased
      from matched m, private
), checked as (
    select m.*, coalesce(case when erased then 'this person was erased here; nothing of them is taken' end, error,
           case when match is not null and match not in ('id', 'crm_id', 'email') then 'match must be id, crm_id or email'
                when by = 'id' and person is null then 'match is id, and there is no id'
                when person is not null and by <> 'id' then 'id is SalesLoft''s, and goes with match id'
                when by = 'crm_id' and crm_id is null then 'match is crm_id, and there is no crm_id'
                when by = 'email' and email is null then 'match is email, and there is no email_address'
                when by is null then 'nothing says who this is: crm_id, email_address, or phone with last_name'
                when email !~ '^[^@[:space:]<>"]+@[^@[:space:]<>".]+([.][^@[:space:]<>".]+)+$' then 'email_address is not an e-mail address'
                when by = 'phone' and 'drop' in (private_how(rules, 'people', 'phone'), private_how(rules, 'people', 'last_name')) then 'nobody can be matched by phone and last_name, of which PRIVATE_FIELDS drops one: give crm_id or email_address'
                when length(key) > 200 then 'key is longer than 200 characters' end) as problem
      from known m
), stored as (
    insert into sync_row (job, number, key, given, original, fields, match, person, email, crm_id, phone, last_name, cadence_id, user_id, reenroll, traceparent,
                          identities, state, outcome, error, ended_at)
    select cast(:#${exchangeProperty.job} as uuid), number, coalesce(left(case when not erased then key end, 200), cast(:#${exchangeProperty.job} as text) || ':' || number), key is not null and not erased,
           case when problem is null or rules is null then coalesce(document, to_jsonb(coalesce(text, ''))) when document is null then to_jsonb(kept_text(rules, coalesce(text, ''), null))
                else coalesce(private_document(rules, 'people', document), to_jsonb(withheld(null))) end,
           case when problem is null then fields end, by, case when not erased then person end, case when not hidden then email end, case when not hidden then crm_id end,
           case when not hidden then phone end, case when not hidden then last_name end, cadence_id, user_id, reenroll, traceparent,
           case when problem is null then array_remove(array['email:' || email, 'crm:' || crm_id, 'id:' || person, 'phone:' || phone_digits(phone) || ' ' || last_name, 'phone:' || phone || ' ' || last_name, 'key:' || key], null)
                else '{}' end,
           case when problem is null then 'open' else 'done' end, case when problem is not null then 'failed' end, problem,
           case when problem is not null then now() end
      from checked, lateral (select problem is not null and (erased or has_private_fields(rules, 'people')) as hidden) h order by number
    returning seq, identities, state
), noted as (
    insert into sync_identity (identity, seq) select distinct identity, seq from stored, unnest(identities) identity
), dead_lettered as (
    insert into dead_letter (source, error, payload)
    select 'push:' || cast(:#${exchangeProperty.job} as text) || ':' || number, error,
           case when rules is null then refused else coalesce(cast(private_document(rules, 'people', (read_payload(refused)).document) as text), withheld(number)) end
      from given, private where refused is not null
    on conflict do nothing
)
select count(*) as stored, count(*) filter (where state = 'done') as failed from stored
