-- People as SalesLoft lists them: filtered by e-mail addresses or by updated_at, in its order, a page of them, and what was heeded in metadata.
with part as (
    select replace(replace(split_part(p, '=', 1), '%5B', '['), '%5D', ']') as name, replace(split_part(p, '=', 2), '%3A', ':') as value
      from regexp_split_to_table(cast(:#${exchangeProperty.query} as text), '&') p
), asked as (
    select coalesce(max(to_bigint(value)) filter (where name = 'per_page'), 25) as per_page, coalesce(max(to_bigint(value)) filter (where name = 'page'), 1) as page,
           max(value) filter (where name = 'updated_at[gte]') as since, array_agg(value) filter (where name = 'email_addresses[]') as addresses
      from part
), listed as (
    select p.*, row_number() over (order by p.updated_at, p.id) as position from exercise_person p, asked
     where (since is null or p.updated_at >= to_instant(since)) and (addresses is null or url_encode(lower(p.document ->> 'email_address')) = any (addresses))
)
select cast(jsonb_build_object(
    'metadata', jsonb_build_object(
        'filtering', case when since is null then '{}' else jsonb_build_object('updated_at', jsonb_build_object('gte', since)) end,
        'paging', jsonb_build_object('per_page', per_page, 'current_page', page, 'next_page', case when (select count(*) from listed) > page * per_page then page + 1 end),
        'sorting', jsonb_build_object('sort_by', 'updated_at', 'sort_direction', 'ASC NULLS LAST')),
    'data', coalesce((select jsonb_agg(document || jsonb_build_object('id', id, 'updated_at', updated_at, 'created_at', updated_at) order by position)
                        from listed where position > (page - 1) * per_page and position <= page * per_page), '[]')) as text) as body
  from asked
