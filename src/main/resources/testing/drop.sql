-- The tables of a run are of no use after it.
do $$
declare
    old text;
begin
    for old in select nspname from pg_namespace where nspname = current_setting('search_path') or nspname like replace(current_setting('search_path'), '_', '\_') || '\_%' loop
        execute format('drop schema %I cascade', old);
    end loop;
end $$
