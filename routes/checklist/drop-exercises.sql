-- The tables that the exercises worked on are of no use after them.
do $$ begin execute format('drop schema if exists %I cascade', current_schema() || '_exercises'); end $$
