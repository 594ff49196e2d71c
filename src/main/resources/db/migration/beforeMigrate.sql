-- Run by Flyway before it looks for migrations. The indexes of V7 take no text above 2.7 kB, so V7 stopped the start on a mirror that
-- holds a longer name, e-mail address or id. Such records wait in a table of their own, and V8 puts them back. The others are written
-- anew into the emptied table: an index is also built over what was deleted a moment ago, as long as a snapshot may still see it.
do $$ begin
    if to_regclass('record') is not null and to_regclass('sync_row') is null then
        create table if not exists record_set_aside (like record);
        create temporary table long_record on commit drop as
            select resource, id from record
             where resource = 'people' and greatest(length(document ->> 'email_address'), length(document ->> 'phone'), length(document ->> 'last_name')) > 300
                or resource = 'cadence_memberships' and greatest(length(document -> 'person' ->> 'id'), length(document -> 'cadence' ->> 'id')) > 300;
        if exists (select from long_record) then
            insert into record_set_aside select r.* from record r join long_record using (resource, id);
            create temporary table kept_record on commit drop as
                select * from record r where not exists (select from long_record l where l.resource = r.resource and l.id = r.id);
            truncate record;
            insert into record select * from kept_record;
        end if;
    end if;
end $$;
