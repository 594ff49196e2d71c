-- Stores some rows of a job, each with what is wrong with it, if anything is: such a row is done, and has failed, alone.
-- Which fields one may write, and by what one is known, say the rules of the object (object-*.sql).
-- In: a JSON array of {"number":…,"row":{…},"csv":true}, or with "error" and "text" in place of row; "key" and "traceparent" if
-- it comes with one.
-- Of a row that is not done at once only what may be kept stays (private-rules; mostly there are none). One about somebody who was erased is not taken.
-- What is known of a field is worked out once for each (offset 0), and not for each use of it.
-- Those after position from up to position to are stored: all of them, or those with which the bean halving finds the one that
-- PostgreSQL refuses. That one comes alone, with its refusal: it has failed, and what it said is a dead letter.
with what as materialized (
    select rule, rule ->> 'object' as object, rule ->> 'prefix' as prefix, rule -> 'fields' as fields, rule -> 'instructions' as instructions, rule -> 'says' as says,
           private_rules(:#${ref:private-rules}, rule ->> 'object') as rules
      from (select cast(:#${exchangeProperty.object[rules]} as jsonb) as rule) r
), kinds as materialized (
    select k.* from what cross join lateral identity_kinds(rule) k
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
    select g.number, v.key as name, field is not null as writable, declared.type, coalesce(cast(field ->> 'longest' as integer), 10000) as longest, field ->> 'pattern' as pattern, field ->> 'is' as form,
           case when jsonb_exists(field, 'pattern') then to_jsonb(case field ->> 'form' when 'lower' then lower(btrim(plain_text(t.value))) else btrim(plain_text(t.value)) end) end as trimmed, t.value
      from given g cross join what cross join lateral jsonb_each(case when g.error is null then g.document else '{}' end) v
           cross join lateral (select fields -> v.key as field offset 0) f
           cross join lateral (select coalesce(field ->> 'type', instructions ->> v.key) as type offset 0) declared
           cross join lateral (select typed(v.value, declared.type, g.csv) as value offset 0) t
), read as materialized (
    select number, jsonb_object_agg(name, coalesce(trimmed, value)) filter (where writable and value is not null) as fields,
           jsonb_object_agg(name, value) filter (where not writable and value is not null) as instructions,
           string_agg(case when type is null then 'unknown field ' || left(name, 100)
                           when value is not null and text_length(value) > longest then name || ' is longer than ' || longest || ' characters'
                           when value is not null then name || ' is not ' || form
                           when type = 'array' then name || ' must be a list of strings' else name || ' must be of type ' || type end, '; ' order by name)
             filter (where value is null or text_length(value) > longest or nullif(plain_text(trimmed), '') !~ pattern) as error
      from value group by number
), identified as materialized (
    select g.number, g.text, g.document, g.traceparent, coalesce(g.error, r.error) as error, coalesce(r.fields, '{}') as fields,
           coalesce(nullif(btrim(r.instructions ->> 'key'), ''), g.key) as key, nullif(btrim(r.instructions ->> 'match'), '') as match,
           cast(r.instructions ->> 'id' as bigint) as person, cast(r.instructions ->> 'cadence_id' as bigint) as cadence_id,
           cast(r.instructions ->> 'user_id' as bigint) as user_id, coalesce(cast(r.instructions ->> 'reenroll' as boolean), false) as reenroll,
           coalesce(cast(r.instructions ->> 'leave' as boolean), false) as leave, person_about(rule, coalesce(r.fields, '{}')) as about,
           known_by(rule, coalesce(r.fields, '{}')) as known
      from given g cross join what left join read r on r.number = g.number
), matched as materialized (
    select i.*, coalesce(i.match, (select k.match from kinds k, unnest(known) identity where k.rank is not null and starts_with(identity, k.kind) order by k.rank limit 1)) as by,
           case when cast(rules ->> 'suppressing' as boolean) and i.document is not null
                then unless_suppressed(rules, object, i.document || case when about is null then '{}' else jsonb_build_object('person_id', about) end) is null else false end as erased
      from identified i cross join what
), checked as materialized (
    select m.*, coalesce(case when erased then 'this person was erased here; nothing of them is taken' end, error,
           case when match is not null and match <> 'id' and not exists (select from kinds k where k.match = m.match and not k.alone) then says ->> 'match'
                when by = 'id' and person is null then 'match is id, and there is no id'
                when person is not null and by is distinct from 'id' then 'id is SalesLoft''s, and goes with match id'
                when by <> 'id' and not exists (select from kinds k, unnest(known) i where k.match = by and starts_with(i, k.kind))
                    then 'match is ' || by || ', and there is no ' || (select min(k.field) from kinds k where k.match = by)
                when by is null then says ->> 'nobody'
                when rules is not null and exists (select from jsonb_array_elements(rule -> 'identities') i, jsonb_array_elements_text(i -> 'fields') f where i ->> 'match' = by and jsonb_exists(i, 'alone') and private_how(rules, object, f) = 'drop')
                    then says ->> 'private'
                when leave and cadence_id is null then 'leave is from a cadence: there is no cadence_id'
                when length(key) > 200 then 'key is longer than 200 characters' end) as problem
      from matched m cross join what
), stored as (
    insert into sync_row (job, number, key, given, original, fields, match, person, email, crm_id, phone, last_name, cadence_id, user_id, reenroll, traceparent,
                          identities, state, outcome, error, ended_at, leave, person_id, newer, not_before)
    select cast(:#${exchangeProperty.job} as uuid), number, coalesce(left(case when not erased then key end, 200), cast(:#${exchangeProperty.job} as text) || ':' || number), key is not null and not erased,
           case when problem is null or rules is null then coalesce(document, to_jsonb(coalesce(text, ''))) when document is null then to_jsonb(kept_text(rules, coalesce(text, ''), null))
                else coalesce(private_document(rules, object, document), to_jsonb(withheld(null))) end,
           case when problem is null then c.fields end, by, case when not erased then person end,
           -- What an older release knows people by.
           case when theirs then identity_form('lower', c.fields ->> 'email_address') end, case when theirs then identity_form('', c.fields ->> 'crm_id') end,
           case when theirs then identity_form('', c.fields ->> 'phone') end, case when theirs then identity_form('lower', c.fields ->> 'last_name') end, cadence_id, user_id, reenroll, traceparent,
           case when problem is null then known || array_remove(array[prefix || 'id:' || person, 'key:' || key], null) else '{}' end,
           case when problem is null then 'open' else 'done' end, case when problem is not null then 'failed' end, problem,
           case when problem is not null then now() end, leave, case when not erased then about end,
           -- Not for older releases, which know nothing but people, and would put them on the cadence.
           newer, case when newer then cast('infinity' as timestamptz) end
      from checked c cross join what, lateral (select object = 'people' and not (problem is not null and (erased or has_private_fields(rules, object))) as theirs, object <> 'people' or leave as newer) h order by number
    returning seq, identities, state
), noted as (
    insert into sync_identity (identity, seq) select distinct identity, seq from stored, unnest(identities) identity
), dead_lettered as (
    insert into dead_letter (source, error, payload)
    select 'push:' || cast(:#${exchangeProperty.job} as text) || ':' || number, error,
           case when rules is null then refused else coalesce(cast(private_document(rules, object, (read_payload(refused)).document) as text), withheld(number)) end
      from given, what where refused is not null
    on conflict do nothing
)
select count(*) as stored, count(*) filter (where state = 'done') as failed from stored
