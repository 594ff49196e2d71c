-- Makes the schema of this run (search_path, which each connection is given) with what its tests play with, and sweeps away those of runs that
-- were killed an hour ago or longer. The user of the database needs the right to create a schema.
do $$
declare
    here text := current_setting('search_path');
    old text;
begin
    for old in select nspname from pg_namespace where nspname ~ '^salesloft_test_[0-9]+' and cast(obj_description(oid, 'pg_namespace') as timestamptz) < now() - interval '1 hour' loop
        execute format('drop schema %I cascade', old);
    end loop;
    execute format('create schema %I', here);
    execute format('comment on schema %I is %L', here, now());
    -- A test, as its file says it, and what came of it.
    create table test (id bigint generated always as identity primary key, file text not null, document jsonb not null, failures jsonb, seconds numeric);
    -- What SalesLoft holds, what it answers out of the ordinary, and the calls it has had.
    create table held (test bigint not null, resource text not null, id bigint not null, document jsonb not null, primary key (test, resource, id));
    create table answer (id bigint generated always as identity primary key, test bigint not null, method text not null, path text not null, query text not null,
        status integer not null, headers jsonb not null, body jsonb, wait_ms integer not null, skip integer not null, times integer not null, done boolean not null, came integer not null default 0);
    create table call (number bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(), test bigint not null, method text not null, path text not null,
        query text not null, body jsonb);
    -- What the container answered to what it was asked.
    create table reply (number bigint generated always as identity, test bigint not null, asked text not null, expected integer, status integer not null, body jsonb);
end $$
