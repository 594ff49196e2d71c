-- How the SalesLoft of the tests answers a call: as an answer of the test says, else from what it holds.
do $do$ begin
-- Text that is no JSON is a text.
create function as_json(said text) returns jsonb language plpgsql immutable as $f$
begin
    return cast(nullif(said, '') as jsonb);
exception when others then
    return to_jsonb(said);
end $f$;
create function opened(schema text) returns text language plpgsql as $f$
begin
    execute format('create schema %I', schema);
    execute format('comment on schema %I is %L', schema, now());
    return schema;
end $f$;
create function decoded(text) returns text language sql immutable as $f$
    select coalesce(convert_from(string_agg(case when part[1] ~ '^%' then decode(substr(part[1], 2), 'hex') else convert_to(part[1], 'UTF8') end, cast('' as bytea) order by n), 'UTF8'), '')
      from regexp_matches(replace($1, '+', ' '), '%[0-9a-fA-F]{2}|[^%]+', 'g') with ordinality as p (part, n)
$f$;
-- * stands for any text.
create function fits(said text, pattern text) returns boolean language sql immutable as $f$
    select said like replace(replace(pattern, '_', '\_'), '*', '%')
$f$;
create function listed(of_test bigint, of_resource text, asked jsonb) returns jsonb language sql as $f$
    with shape as (
        select cast(coalesce(asked -> 'per_page' ->> 0, '25') as integer) as per_page, cast(coalesce(asked -> 'page' ->> 0, '1') as integer) as page, asked -> 'updated_at[gte]' ->> 0 as since
    ), fitting as (
        select h.document, row_number() over (order by case when asked -> 'sort_by' ->> 0 = 'updated_at' then h.document ->> 'updated_at' end, h.id) as position
          from held h, shape
         where h.test = of_test and h.resource = of_resource
           and (since is null or cast(h.document ->> 'updated_at' as timestamptz) >= cast(since as timestamptz))
           and (asked -> 'ids[]' is null or asked -> 'ids[]' @> to_jsonb(cast(h.id as text)))
           and (asked -> 'email_addresses[]' is null or jsonb_exists(asked -> 'email_addresses[]', lower(h.document ->> 'email_address')))
           and (asked -> 'person_id' is null or h.document -> 'person' ->> 'id' = asked -> 'person_id' ->> 0)
           and (asked -> 'cadence_id' is null or h.document -> 'cadence' ->> 'id' = asked -> 'cadence_id' ->> 0)
    )
    select jsonb_build_object(
        'metadata', jsonb_build_object(
            'filtering', case when since is null then '{}' else jsonb_build_object('updated_at', jsonb_build_object('gte', since)) end,
            'paging', jsonb_build_object('per_page', per_page, 'current_page', page, 'next_page', case when (select count(*) from fitting) > page * per_page then page + 1 end,
                'total_count', (select count(*) from fitting), 'total_pages', ceil((select count(*) from fitting) / cast(per_page as numeric))),
            'sorting', jsonb_build_object('sort_by', coalesce(asked -> 'sort_by' ->> 0, 'updated_at'), 'sort_direction', coalesce(asked -> 'sort_direction' ->> 0, 'DESC') || ' NULLS LAST')),
        'data', coalesce((select jsonb_agg(document order by position) from fitting where position > (page - 1) * per_page and position <= page * per_page), '[]'))
      from shape
$f$;
-- The work of a call, and its answer: the status and the body.
create function worked(of_test bigint, method text, path text, asked jsonb, sent jsonb) returns jsonb language plpgsql as $f$
declare
    place text[] := regexp_match(path, '^/v2/([a-z_]+/)*([a-z_]+)(/([0-9]+))*(\.json)*$');
    given jsonb := coalesce(sent, '{}') || coalesce((select jsonb_object_agg(key, value -> 0) from jsonb_each(asked) where method = 'POST'), '{}');
    now_text text := to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    found jsonb;
begin
    if path = '/oauth/token' then
        return jsonb_build_object('status', 200, 'body', jsonb_build_object('access_token', 'access-' || gen_random_uuid(), 'refresh_token', 'refresh-' || gen_random_uuid(), 'token_type', 'Bearer', 'expires_in', 7200));
    elsif path like '/v2/me%' then
        return jsonb_build_object('status', 200, 'body', cast('{"data":{"id":1,"name":"Tests","email":"tests@tests.invalid"}}' as jsonb));
    elsif place is null then
        return jsonb_build_object('status', case when method = 'GET' then 404 else 200 end, 'body', cast('{"error":"Not found"}' as jsonb));
    elsif place[4] is null and method = 'GET' then
        return jsonb_build_object('status', 200, 'body', listed(of_test, place[2], asked));
    elsif method = 'POST' then
        found := given || jsonb_build_object('created_at', now_text, 'updated_at', now_text)
            || case when jsonb_exists(given, 'person_id') then jsonb_build_object('person', jsonb_build_object('id', cast(given ->> 'person_id' as bigint))) else '{}' end
            || case when jsonb_exists(given, 'cadence_id') then jsonb_build_object('cadence', jsonb_build_object('id', cast(given ->> 'cadence_id' as bigint)), 'currently_on_cadence', true) else '{}' end;
        insert into held (test, resource, id, document)
        select of_test, place[2], next, found || jsonb_build_object('id', next)
          from (select coalesce(max(id), 0) + 1 as next from held where test = of_test and resource = place[2]) n
        returning document into found;
        return jsonb_build_object('status', 201, 'body', jsonb_build_object('data', found));
    elsif method = 'PUT' then
        update held set document = document || given || jsonb_build_object('updated_at', now_text)
         where test = of_test and resource = place[2] and id = cast(place[4] as bigint) returning document into found;
    elsif method = 'DELETE' then
        delete from held where test = of_test and resource = place[2] and id = cast(place[4] as bigint) returning document into found;
    else
        select document into found from held where test = of_test and resource = place[2] and id = cast(place[4] as bigint);
    end if;
    if found is null then
        return jsonb_build_object('status', 404, 'body', cast('{"error":"Not found"}' as jsonb));
    end if;
    return jsonb_build_object('status', case when method = 'DELETE' then 204 else 200 end, 'body', jsonb_build_object('data', found));
end $f$;
create function answered(of_test bigint, of_method text, of_path text, of_query text, of_body text) returns jsonb language plpgsql as $f$
declare
    asked jsonb;
    sent jsonb := as_json(of_body);
    said answer;
    result jsonb := '{}';
begin
    -- One call of a test after the other, so that each is the first, the second, the third of its kind.
    perform from test where id = of_test for update;
    select coalesce(jsonb_object_agg(name, texts), '{}') into asked
      from (select decoded(split_part(p, '=', 1)) as name, jsonb_agg(decoded(substr(p, strpos(p || '=', '=') + 1))) as texts from regexp_split_to_table(of_query, '&') p where p <> '' group by 1) parts;
    insert into call (test, method, path, query, body) values (of_test, of_method, of_path, decoded(of_query), sent);
    for said in select * from answer a where a.test = of_test and a.method in (of_method, '*') and fits(of_path, a.path) and fits(decoded(of_query), a.query) order by a.id for update loop
        update answer set came = came + 1 where id = said.id;
        if said.came >= said.skip and said.came < said.skip + said.times then
            if said.done then
                result := worked(of_test, of_method, of_path, asked, sent);
            end if;
            return jsonb_build_object('status', said.status, 'headers', said.headers, 'body', coalesce(said.body, result -> 'body', cast('{"error":"as the test says"}' as jsonb)), 'wait', said.wait_ms);
        end if;
    end loop;
    return worked(of_test, of_method, of_path, asked, sent) || cast('{"headers":{},"wait":0}' as jsonb);
end $f$;
end $do$
