-- What SalesLoft refused of our subscriptions, and when it is asked again: each time after twice as long, up to a day.
create table webhook_subscription_refusal (
    event       text        not null,
    action      text        not null,       -- create, enable, delete
    fingerprint text        not null,       -- of the URL and the token that were refused; another one is asked for at once
    refusals    integer     not null default 1,
    error       text        not null,
    first_at    timestamptz not null default now(),
    next_at     timestamptz not null,
    primary key (event, action)
);

-- When SalesLoft last did not filter and sort a list by updated_at as it was asked to; the list is read whole for a week.
alter table sync_cursor add whole_since timestamptz;

-- A run that was begun by updated_at cannot go on in a list with another order: it begins anew, and reads the list whole. So does
-- an open run that another release, whose routes read the list whole, takes up.
create function begin_whole() returns trigger language plpgsql as $$
begin
    new.phase := 'full';
    new.page := 1;
    return new;
end $$;
create trigger sync_cursor_order before update of list_order on sync_cursor for each row
    when (old.run_started_at is not null and old.phase in ('from', 'tie', 'after') and new.phase <> 'full'
          and old.list_order like '%sort_by=updated_at%' and new.list_order not like '%sort_by=updated_at%')
    execute function begin_whole();

-- The resource, of those given (comma between), whose comparison is open or due; null when there is none, or the clock (UTC) does
-- not stand within the hours given, such as 01:00-05:00.
create function due_comparison(resources text, hours text) returns text language sql stable as $$
    with allowed as (
        select cast(split_part(hours, '-', 1) as time) as opens, cast(split_part(hours, '-', 2) as time) as closes,
               cast(now() at time zone 'UTC' as time) as clock
    )
    select c.resource
      from sync_cursor c left join comparison k on k.resource = c.resource, allowed a, control
     where c.finished_at is not null and c.path is not null and not control.paused
       and c.resource = any(string_to_array(resources, ','))
       and (k.resource is null or k.next_run_at <= now())
       and case when a.opens <= a.closes then a.clock >= a.opens and a.clock < a.closes else a.clock >= a.opens or a.clock < a.closes end
     order by k.run_started_at nulls last, k.next_run_at nulls first, c.resource
     limit 1
$$;
