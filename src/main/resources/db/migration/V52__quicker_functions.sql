-- Functions that are called for each row and field, in PL/pgSQL: as one expression with a subquery in it PostgreSQL begins each call as a query of its own.

-- A value as its field's type says, or null, as V7 has it.
create or replace function typed(value jsonb, type text, csv boolean) returns jsonb language plpgsql immutable as $$
begin
    if jsonb_typeof(value) = 'null' then
        return value;
    elsif type = 'object' then
        return case jsonb_typeof(value) when 'object' then value end;
    elsif csv and type = 'array' then
        return (select coalesce(jsonb_agg(btrim(part)), '[]') from regexp_split_to_table(value #>> '{}', '[,;]') part where btrim(part) <> '');
    elsif csv then
        return case type
            when 'string' then to_jsonb(btrim(value #>> '{}'))
            when 'integer' then case when btrim(value #>> '{}') ~ '^-?[0-9]{1,18}$' then to_jsonb(cast(value #>> '{}' as bigint)) end
            when 'boolean' then case lower(btrim(value #>> '{}')) when 'true' then to_jsonb(true) when 'false' then to_jsonb(false) end end;
    end if;
    return case type
        when 'string' then case jsonb_typeof(value) when 'string' then value end
        when 'integer' then case when jsonb_typeof(value) = 'number' and cast(value as text) ~ '^-?[0-9]{1,18}$' then value end
        when 'boolean' then case jsonb_typeof(value) when 'boolean' then value end
        when 'array' then case when jsonb_typeof(value) = 'array' and not jsonb_path_exists(value, '$[*] ? (@.type() != "string")') then value end end;
end $$;

-- A text as a part of a URL, as V7 has it: only the characters that are escaped are looked at one by one. "%" comes first, which the others bring.
create or replace function url_encode(value text) returns text language plpgsql immutable strict as $$
declare
    escaped text := regexp_replace(value, '[A-Za-z0-9_.~-]+', '', 'g');
    letter  text;
begin
    value := replace(value, '%', '%25');
    escaped := replace(escaped, '%', '');
    while escaped <> '' loop
        letter := left(escaped, 1);
        value := replace(value, letter, regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g'));
        escaped := replace(escaped, letter, '');
    end loop;
    return value;
end $$;
