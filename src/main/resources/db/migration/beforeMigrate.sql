-- Run by Flyway before it looks for migrations. The indexes of V7 take no text above 2.7 kB, so V7 stopped the start on a mirror that
-- holds a longer name, e-mail address or id. Such records wait in a table of their own, and V8 puts them back.
do $$ begin
    if to_regclass('record') is not null and to_regclass('sync_row') is null then
        create table if not exists record_set_aside (like record);
        with long as (
            delete from record
             where resource = 'people' and greatest(length(document ->> 'email_address'), length(document ->> 'phone'), length(document ->> 'last_name')) > 300
                or resource = 'cadence_memberships' and greatest(length(document -> 'person' ->> 'id'), length(document -> 'cadence' ->> 'id')) > 300
            returning *
        )
        insert into record_set_aside select * from long;
    end if;
end $$;
