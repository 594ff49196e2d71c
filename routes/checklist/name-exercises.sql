-- Where the tables of the exercises are: by the name of ours, because several installations may share a database.
select current_schema() || '_exercises' as schema
