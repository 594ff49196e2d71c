-- Judges a test: what was expected and is not there, and what must not be and is. Whatever must not be is final.
do $do$ begin
create function counted(expected jsonb, seen numeric) returns boolean language sql immutable as $f$
    select case when jsonb_exists(expected, 'count') then seen = cast(expected ->> 'count' as numeric)
                when jsonb_exists(expected, 'least') or jsonb_exists(expected, 'most') then seen >= coalesce(cast(expected ->> 'least' as numeric), seen) and seen <= coalesce(cast(expected ->> 'most' as numeric), seen)
                else seen > 0 end
$f$;
create function wanted(expected jsonb) returns text language sql immutable as $f$
    select case when jsonb_exists(expected, 'count') then expected ->> 'count'
                when jsonb_exists(expected, 'least') and jsonb_exists(expected, 'most') then (expected ->> 'least') || ' to ' || (expected ->> 'most')
                when jsonb_exists(expected, 'least') then 'at least ' || (expected ->> 'least')
                when jsonb_exists(expected, 'most') then 'at most ' || (expected ->> 'most')
                else 'at least 1' end
$f$;
create function calls_like(of_test bigint, expected jsonb) returns numeric language sql as $f$
    select count(*) from call c
     where c.test = of_test and fits(c.method || ' ' || c.path, expected ->> 'call') and fits(c.query, '*' || coalesce(expected ->> 'query', '') || '*')
       and (not jsonb_exists(expected, 'like') or c.body @> (expected -> 'like'))
$f$;
-- The least time between one of these calls and the next, in milliseconds.
create function calls_apart(of_test bigint, expected jsonb) returns numeric language sql as $f$
    select round(min(apart) * 1000) from (select extract(epoch from at - lag(at) over (order by number)) as apart from call c
     where c.test = of_test and fits(c.method || ' ' || c.path, expected ->> 'call') and fits(c.query, '*' || coalesce(expected ->> 'query', '') || '*')) gaps
$f$;
create function records_like(of_test bigint, expected jsonb) returns numeric language plpgsql as $f$
declare
    found numeric;
begin
    execute format('select count(*) from %I.%I t where to_jsonb(t) @> $1', current_setting('search_path') || '_' || of_test, expected ->> 'in') into found using coalesce(expected -> 'like', '{}');
    return found;
exception when undefined_table then
    return null;
end $f$;
create function metric(scraped text, expected jsonb) returns numeric language sql immutable as $f$
    select sum(cast(substring(line from '[^ ]+$') as numeric))
      from regexp_split_to_table(scraped, '\n') line
     where line ~ ('^' || (expected ->> 'metric') || '[{ ]')
       and not exists (select from jsonb_each_text(coalesce(expected -> 'labels', '{}')) label where strpos(line, label.key || '="' || label.value || '"') = 0)
$f$;
create function judged(of_test bigint, scraped text) returns jsonb language plpgsql as $f$
declare
    wants jsonb := (select document from test where id = of_test);
    failures jsonb := '[]';
    final boolean := false;
    part jsonb;
    seen numeric;
    last reply;
begin
    for part in select jsonb_path_query(wants, '$.then.calls[*]') loop
        seen := calls_like(of_test, part);
        if not counted(part, seen) then
            failures := failures || to_jsonb(format('calls: expected %s %s, seen %s', wanted(part), part - cast('{count,least,most,apartMs}' as text[]), seen));
            -- No call is taken back.
            final := final or seen > coalesce(cast(part ->> 'count' as numeric), cast(part ->> 'most' as numeric), seen);
        end if;
        if jsonb_exists(part, 'apartMs') and calls_apart(of_test, part) < cast(part ->> 'apartMs' as numeric) then
            failures := failures || to_jsonb(format('calls: expected %s at least %s ms apart, seen %s ms', part ->> 'call', part ->> 'apartMs', calls_apart(of_test, part)));
            final := true;
        end if;
    end loop;
    for part in select jsonb_path_query(wants, '$.then.records[*]') loop
        seen := records_like(of_test, part);
        if seen is null then
            failures := failures || to_jsonb(format('records: there is no table or view %s', part ->> 'in'));
        elsif not counted(part, seen) then
            failures := failures || to_jsonb(format('records: expected %s %s, seen %s', wanted(part), part - cast('{count,least,most,apartMs}' as text[]), seen));
        end if;
    end loop;
    for part in select jsonb_path_query(wants, '$.then.metrics[*]') loop
        seen := metric(scraped, part);
        if seen is null or not counted(part, seen) then
            failures := failures || to_jsonb(format('metrics: expected %s %s, seen %s', wanted(part), part - cast('{count,least,most,apartMs}' as text[]), coalesce(cast(seen as text), 'no such metric')));
        end if;
    end loop;
    for part in select jsonb_path_query(wants, '$.then.answers[*]') loop
        select * into last from reply where test = of_test and asked = part ->> 'ask' order by number desc limit 1;
        if last is null or last.status <> coalesce(cast(part ->> 'status' as integer), last.status) or jsonb_exists(part, 'like') and not coalesce(last.body @> (part -> 'like'), false) then
            failures := failures || to_jsonb(format('answers: expected %s, seen %s', part, coalesce(last.status || ' ' || left(cast(last.body as text), 300), 'none')));
        end if;
    end loop;
    for last in select * from reply where test = of_test and reply.expected <> status loop
        failures := failures || to_jsonb(format('when: %s was to be answered %s, seen %s %s', last.asked, last.expected, last.status, left(cast(last.body as text), 300)));
        final := true;
    end loop;
    for part in select jsonb_path_query(wants, '$.never.calls[*]') loop
        seen := calls_like(of_test, part);
        if seen > 0 then
            failures := failures || to_jsonb(format('calls: never %s, seen %s', part, seen));
            final := true;
        end if;
    end loop;
    for part in select jsonb_path_query(wants, '$.never.records[*]') loop
        seen := records_like(of_test, part);
        if seen is null or seen > 0 then
            failures := failures || to_jsonb(format('records: never %s, seen %s', part, coalesce(cast(seen as text), 'no such table or view')));
            final := true;
        end if;
    end loop;
    return jsonb_build_object('failures', failures, 'over', final or failures = '[]');
end $f$;
end $do$
