-- Views of the custom fields of people and accounts, a column a field, which follow what the list custom_fields has.

-- The columns as they were last made, and so which fields were told of.
create table custom_field (
    resource    text        not null,   -- people, accounts
    column_name text        not null,
    name        text        not null,   -- in SalesLoft
    type        text        not null,
    first_at    timestamptz not null default now(),
    primary key (resource, column_name)
);

-- A name as that of a column: small letters, digits and underscores.
create function column_of(name text) returns text language sql immutable parallel safe as $$
    select case when c = '' then 'field' when c ~ '^[0-9]' or c in ('id', 'updated_at', 'document') then 'field_' || c else c end
      from (select btrim(left(btrim(regexp_replace(lower(one_form(name)), '[^a-z0-9]+', '_', 'g'), '_'), 40), '_') as c) v
$$;

-- Makes the views people_custom_fields and accounts_custom_fields anew where a field was added, taken away, or is another. Answers of which view what
-- is to be told: names of columns only, or what kept it from being made. A view takes 1,600 columns, so the fields after the first 1,500 have none.
create function keep_custom_fields() returns table (kept text, told text) language plpgsql as $$
declare
    kind    record;
    wanted  jsonb;
    added   text;
    gone    text;
    problem text;
begin
    for kind in select * from (values ('people', 'person'), ('accounts', 'company')) k (resource, field_type) loop
        -- Of several that would have one column all but the first have their id behind it.
        select coalesce(jsonb_agg(to_jsonb(f) order by f.id), '[]') into wanted from (
            select distinct on (column_name) column_name, name, type, id
              from (select case when n = 1 then base else base || '_' || id end as column_name, name, type, id
                      from (select column_of(name) as base, name, type, id, row_number() over (partition by column_of(name) order by id) as n
                              from (select r.id, r.document ->> 'name' as name, case r.document ->> 'value_type' when 'date' then 'date' else 'text' end as type
                                      from record r
                                     where r.resource = 'custom_fields' and r.deleted_at is null and r.document ->> 'field_type' = kind.field_type and r.document ->> 'name' <> ''
                                     order by r.id limit 1500) field) based) named
             order by column_name, id) f;
        select string_agg(w.column_name, ', ' order by w.id) filter (where c.column_name is null), string_agg(c.column_name, ', ' order by c.column_name) filter (where w.column_name is null)
          into added, gone
          from jsonb_to_recordset(wanted) w (column_name text, id bigint) full join (select column_name from custom_field where resource = kind.resource) c on c.column_name = w.column_name;
        if added is null and gone is null
           and not exists (select from jsonb_to_recordset(wanted) w (column_name text, name text, type text) join custom_field c on c.resource = kind.resource and c.column_name = w.column_name
                            where c.name <> w.name or c.type <> w.type) then
            continue;
        end if;
        problem := keep_view(kind.resource || '_custom_fields',
            (select 'select id, updated_at' || coalesce(string_agg(', ' || view_column(w.column_name, w.type, array['custom_fields', w.name]), '' order by w.id), '')
               from jsonb_to_recordset(wanted) w (column_name text, name text, type text, id bigint)) || format(' from record where resource = %L and deleted_at is null', kind.resource));
        if problem is not null then
            return query select kind.resource, 'the view was not made: ' || problem;
            continue;
        end if;
        delete from custom_field c where c.resource = kind.resource and not exists (select from jsonb_to_recordset(wanted) w (column_name text) where w.column_name = c.column_name);
        insert into custom_field (resource, column_name, name, type) select kind.resource, w.column_name, w.name, w.type from jsonb_to_recordset(wanted) w (column_name text, name text, type text)
        on conflict (resource, column_name) do update set name = excluded.name, type = excluded.type;
        return query select kind.resource, coalesce('new ' || added, '') || case when added is not null and gone is not null then ', ' else '' end || coalesce('gone ' || gone, '')
                                           || case when added is null and gone is null then 'a field has another name or type' else '' end;
    end loop;
end $$;
