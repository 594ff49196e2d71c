-- The exercises get tables of their own, so that they touch nothing of this container's. The user of the database needs the right to create
-- a schema (grant create on database ... to ...), which its owner has.
do $$ begin execute format('create schema %I', current_schema() || '_exercises'); end $$
