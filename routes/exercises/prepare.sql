-- What the exercises note, and whom their SalesLoft has: 250 people, one of whom is pushed once more.
do $$ begin
    create table exercise_call (number bigint generated always as identity, at timestamptz not null default clock_timestamp(), exercise text not null, method text, query text, idempotency_key text, token text);
    create table exercise_outcome (number bigint generated always as identity, exercise text not null, outcome text not null, detail text);
    create table exercise_person (id bigint generated always as identity primary key, updated_at timestamptz not null default clock_timestamp(), document jsonb not null);
    insert into exercise_person (updated_at, document)
    select now() - make_interval(secs => 1000 - n), jsonb_build_object('email_address', 'person' || n || '@exercises.invalid', 'first_name', 'Person', 'last_name', 'Number ' || n)
      from generate_series(1, 250) n;
end $$
