-- Private data: what of a document is not to be kept, and who is not to be kept at all. The rules (setting PRIVATE_FIELDS, bean private-rules)
-- come with each statement, because the key of the hashes (PRIVATE_KEY) is not to be where the hashes are:
--   {"inner":"…","outer":"…","fields":{"people":[["drop","phone"],["hash","custom_fields","ssn"]]}}
-- inner and outer are the two pads of HMAC (RFC 2104), in hex; without a key the rules are an empty text.

-- What was erased, whom that brought back, and which lines of the audit log were forgotten: everything that a rule of "append only" or of
-- "keep" was left aside for. Never with an address.
create table erasure (
    id       text        primary key default cast(gen_random_uuid() as text),
    kind     text        not null,           -- person, lift (they may be mirrored again), retention, fields (PRIVATE_FIELDS was changed)
    subject  text,                           -- keyed hash of the address
    actor    text        not null,
    at       timestamptz not null default now(),
    ended_at timestamptz,                    -- null: it was cut off, or is under way
    document jsonb,                          -- how much of what
    xact     xid8        not null default pg_current_xact_id() -- the transaction that may touch the audit log (audit_log_is_append_only)
);
create index erasure_xact on erasure (xact);

-- Whom the mirror does not take again while SalesLoft still has them: keyed hashes of their addresses and ids.
create table suppression (
    hash    text        primary key,
    erasure text        not null,
    at      timestamptz not null default now()
);

-- HMAC-SHA256, cut to 128 bits. Without the key nobody finds a telephone number by trying all of them.
create function private_mac(value text, rules jsonb) returns text language sql immutable parallel safe as $$
    select left(encode(sha256(decode(rules ->> 'outer', 'hex') || sha256(decode(rules ->> 'inner', 'hex') || convert_to(value, 'UTF8'))), 'hex'), 32)
$$;

-- One form of Unicode.
create function one_form(value text) returns text language sql immutable parallel safe as $$
    select case when octet_length(value) = length(value) then value else normalize(value, NFKC) end
$$;

-- A value as it is hashed, so that the same one has the same hash wherever, and however, it is written: a telephone number by its digits,
-- everything else without case. name: of its field.
create function private_form(name text, value text) returns text language sql immutable parallel safe as $$
    select case when name like '%phone%' or value !~ '[[:alpha:]@]' and length(regexp_replace(value, '[^0-9]', '', 'g')) >= 5
                then phone_digits(value) else lower(btrim(one_form(value))) end
$$;

-- A text under its hash. A hash stays as it is: a document may come by here twice.
create function private_text(name text, value text, rules jsonb) returns text language sql immutable parallel safe as $$
    select case when value = '' or value ~ '^hash:[0-9a-f]{32}$' then value else 'hash:' || private_mac(private_form(name, value), rules) end
$$;

-- Any value hashed: of a list its elements, of an object what its fields hold. (Branches, because PL/pgSQL is slow with a query within an expression.)
create function private_value(name text, value jsonb, rules jsonb) returns jsonb language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(value) = 'array' then
        return (select coalesce(jsonb_agg(private_value(name, e, rules) order by n), '[]') from jsonb_array_elements(value) with ordinality a (e, n));
    elsif jsonb_typeof(value) = 'object' then
        return (select coalesce(jsonb_object_agg(key, private_value(key, v, rules)), '{}') from jsonb_each(value) f (key, v));
    elsif jsonb_typeof(value) = 'null' then
        return value;
    end if;
    return to_jsonb(private_text(name, value #>> '{}', rules));
end $$;

-- A document with one of its fields dropped or hashed; a path goes into objects, and into each element of a list.
create function private_at(document jsonb, path text[], how text, rules jsonb) returns jsonb language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(document) = 'array' then
        return (select coalesce(jsonb_agg(private_at(e, path, how, rules) order by n), '[]') from jsonb_array_elements(document) with ordinality a (e, n));
    elsif jsonb_typeof(document) <> 'object' or not jsonb_exists(document, path[1]) then
        return document;
    elsif cardinality(path) > 1 then
        return jsonb_set(document, path[1:1], private_at(document -> path[1], path[2:], how, rules));
    elsif how = 'drop' then
        return document - path[1];
    end if;
    return jsonb_set(document, path[1:1], private_value(path[1], document -> path[1], rules));
end $$;

-- Of which people a record is, as SalesLoft refers to them.
create function person_ids(resource text, document jsonb) returns text[] language sql immutable parallel safe as $$
    select array_remove(case when resource = 'people' then array[document ->> 'id'] else array[
        document -> 'person' ->> 'id', document -> 'called_person' ->> 'id', document -> 'recipient' ->> 'id', document -> 'last_contacted_person' ->> 'id',
        document ->> 'person_id', case when document ->> 'associated_type' ilike 'person' then document -> 'associated_with' ->> 'id' end] end, null)
$$;

-- The addresses that say whose record it is, of people and users: email_address, personal_email_address, email, from_address and their like.
create function own_addresses(document jsonb) returns text language sql immutable parallel safe as $$
    select coalesce(string_agg(value, ' '), '') from jsonb_each_text(case jsonb_typeof(document) when 'object' then document else '{}' end) where key ~ '(^|_)email(_address)?$|^from_address$'
$$;

-- Records that exist without any one person: they stay, and only what they say of one goes. All others are about people, and go whole.
create function outlives_people(resource text) returns boolean language sql immutable parallel safe as $$
    select resource in ('people', 'users', 'accounts', 'cadences', 'steps', 'person_stages')
$$;

-- The keyed hashes of an address: as it is, and without what may stand behind a plus.
create function address_hashes(address text, rules jsonb) returns text[] language sql immutable parallel safe as $$
    select array[private_mac('email:' || address, rules), private_mac('email:' || regexp_replace(address, '\+[^@]*@', '@'), rules)]
$$;

-- The addresses in a text that belong to somebody who was erased; also as a URL has them.
create function suppressed_addresses(value text, rules jsonb) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct c), '{}')
      from regexp_matches(replace(replace(regexp_replace(lower(one_form(value)), '\\[nrtbf"\\/]|%(20|22|26|27|2c|3a|3b|3c|3d|3e|5b|5d)', ' ', 'g'), '%40', '@'), '%2b', '+'), '[[:alnum:].!#$%&''*+/=?^_`{|}~-]+@[[:alnum:].-]*[[:alnum:]]', 'g') m,
           lateral unnest(array[m[1], regexp_replace(m[1], '^.*[''/=?&{|}*#$!^`~]', '')]) c
     where exists (select from suppression s where s.hash = any (address_hashes(c, rules)))
$$;

-- A document without anybody who was erased: null, where it is theirs, or about them.
create function unless_suppressed(rules jsonb, resource text, document jsonb) returns jsonb language plpgsql stable as $$
declare
    addresses text[];
    flat      text;
begin
    if exists (select from unnest(person_ids(resource, document)) p, suppression s where s.hash = private_mac('person:' || p, rules)) then
        if resource <> 'accounts' then
            return null;
        end if;
        document := document || '{"last_contacted_person":null}';
    end if;
    flat := cast(document as text);
    if octet_length(flat) = length(flat) and strpos(flat, '@') = 0 and strpos(flat, '%40') = 0 then
        return document;
    end if;
    addresses := suppressed_addresses(flat, rules);
    if addresses = '{}' then
        return document;
    elsif not outlives_people(resource) or resource in ('people', 'users') and suppressed_addresses(own_addresses(document), rules) <> '{}' then
        return null;
    end if;
    return struck_document(document, (select string_agg(address_pattern(a), '|') from unnest(addresses) a));
end $$;

-- The rules with the key of their hashes: the one that was set, or else the one that this database has made for itself.
create function private_policy(policy text) returns jsonb language plpgsql stable as $$
begin
    return case when jsonb_exists(cast(policy as jsonb), 'inner') then cast(policy as jsonb)
                else (select cast(policy as jsonb) || jsonb_build_object('inner', inner_pad, 'outer', outer_pad) from private_state) end;
end $$;

-- The rules for a resource (null: for any), or null where there is nothing to do, which is so in most installations: then nothing below is called.
create function private_rules(policy text, resource text) returns jsonb language plpgsql stable as $$
declare
    rules       jsonb := cast(policy as jsonb);
    suppressing boolean := exists (select from suppression);
begin
    if not suppressing and (resource is null and rules -> 'fields' = '{}' or resource is not null and not jsonb_exists(rules -> 'fields', resource)) then
        return null;
    end if;
    return private_policy(policy) || jsonb_build_object('suppressing', suppressing);
end $$;

-- The path in one of the rules, such as ["hash","custom_fields","ssn"]; most have one name.
create function private_path(field jsonb) returns text[] language plpgsql immutable parallel safe as $$
begin
    if jsonb_array_length(field) = 2 then
        return array[field ->> 1];
    end if;
    return array(select jsonb_array_elements_text(field - 0));
end $$;

-- A document as it may be kept. Null: not at all.
create function private_document(rules jsonb, resource text, document jsonb) returns jsonb language plpgsql stable as $$
declare
    fields jsonb := rules -> 'fields' -> resource;
begin
    if rules is null or document is null then
        return document;
    end if;
    if cast(rules ->> 'suppressing' as boolean) then
        document := unless_suppressed(rules, resource, document);
    end if;
    for n in 0 .. coalesce(jsonb_array_length(fields), 0) - 1 loop
        document := private_at(document, private_path(fields -> n), fields -> n ->> 0, rules);
    end loop;
    return document;
end $$;

-- The same without the fields that would be hashed: what may be sent to SalesLoft again holds no hashes.
create function without_private_fields(rules jsonb, resource text, document jsonb) returns jsonb language plpgsql stable as $$
declare
    fields jsonb := rules -> 'fields' -> resource;
begin
    for n in 0 .. coalesce(jsonb_array_length(fields), 0) - 1 loop
        document := private_at(document, private_path(fields -> n), 'drop', rules);
    end loop;
    return document;
end $$;

-- What an event is about, by its name; events about nothing that is mirrored have the fields of "events". As the list in apply-events.sql.
create function event_resource(event text) returns text language sql immutable parallel safe as $$
    select case substring(event from '^(.+)_(?:created|updated|deleted|completed|booked)$')
        when 'person' then 'people' when 'account' then 'accounts' when 'cadence' then 'cadences' when 'cadence_membership' then 'cadence_memberships' when 'user' then 'users'
        when 'email' then 'emails' when 'email_with_body_and_subject' then 'emails' when 'call' then 'calls' when 'note' then 'notes' when 'step' then 'steps'
        when 'success' then 'successes' when 'task' then 'tasks' when 'meeting' then 'meetings' else 'events' end
$$;

-- What SalesLoft answered to a mutation, as it may be kept: whose it is always stays, because a repetition is answered with it.
create function private_answer(rules jsonb, resource text, answer jsonb) returns jsonb language sql stable as $$
    select case when rules is null or jsonb_typeof(answer) <> 'object' then answer
                else jsonb_build_object('data', coalesce(private_document(rules, resource, answer -> 'data'), jsonb_build_object('id', answer -> 'data' -> 'id'))) end
$$;

-- How a field of the first level is treated: drop, hash, or null.
create function private_how(rules jsonb, resource text, name text) returns text language sql immutable parallel safe as $$
    select f ->> 0 from jsonb_array_elements(rules -> 'fields' -> resource) f where jsonb_array_length(f) = 2 and f ->> 1 = name
$$;

-- Whether fields of a resource are dropped or hashed; rules may be there because of a suppression alone.
create function has_private_fields(rules jsonb, resource text) returns boolean language sql immutable parallel safe as $$
    select rules is not null and jsonb_exists(rules -> 'fields', resource)
$$;

-- A text that was made of values, such as what SalesLoft says of a row: without what may be one of them. Of what SalesLoft answered,
-- which may repeat any value, no more than the status and the names of fields (masked, V1).
-- Such as 422 {"errors":{"phone":["…"]}}.
create function private_words(rules jsonb, value text) returns text language sql immutable parallel safe as $$
    select case when rules is null or rules -> 'fields' = '{}' then value
                when value ~ '^[45][0-9]{2} ' then left(value, 4) || masked(coalesce(cast(to_document(substr(value, 5)) -> 'errors' as text), substr(value, 5)))
                when value like '%{%' then masked_emails(split_part(value, '{', 1)) || masked(substr(value, strpos(value, '{')))
                else masked_emails(value) end
$$;

-- Whom a mutation is about, as the ledger and a dry run tell people apart: never sent, so a hash does as well.
create function private_subject(rules jsonb, subject text) returns text language sql immutable parallel safe as $$
    select case when rules is null or subject is null then subject else private_text('subject', subject, rules) end
$$;

-- A value of a person as the mirror may have it: as it is, and, where it is to be hashed, hashed. (Both: what was mirrored before is hashed by and by.)
create function known_as(rules jsonb, name text, value text) returns setof text language sql stable rows 2 as $$
    select value union select private_text(name, value, rules) where private_how(rules, 'people', name) = 'hash'
$$;

-- What stands in place of something that cannot be read, and so cannot be cleared of what may not be kept.
create function withheld(id bigint) returns text language sql immutable parallel safe as $$
    select cast(jsonb_strip_nulls(jsonb_build_object('id', id, 'withheld', 'PRIVATE_FIELDS or an erasure')) as text)
$$;

-- A text that cannot be read as JSON: as it is, unless it may hold what may not be kept.
create function kept_text(rules jsonb, value text, id bigint) returns text language sql stable as $$
    select case when rules is null then value
                when rules -> 'fields' <> '{}' or cast(rules ->> 'suppressing' as boolean) and suppressed_addresses(value, rules) <> '{}' then withheld(id)
                else value end
$$;

-- A text for people, which may hold numbers, without e-mail addresses. What goes to the log of a refusal, whose numbers may be telephones: masked, masked_emails (V1).
create function masked_addresses(message text) returns text language sql immutable parallel safe as $$
    select regexp_replace(message, '[^[:space:]"<>()]+(@|%40)[^[:space:]"<>()]+', '***', 'gi')
$$;
