-- A page of a job's rows that failed, as CSV (RFC 4180) that no spreadsheet takes for formulas; the first page begins with the names of the columns. They are those of
-- the first thousand of these rows, a hundred at most; what was no row at all stands in the column original.
with column_of as (
    select name, row_number() over (order by name) as position
      from (select distinct k as name from (select original from sync_row where job = cast(:#${header.job} as uuid) and outcome = 'failed' order by number limit 1000) f,
                   lateral jsonb_object_keys(case jsonb_typeof(f.original) when 'object' then f.original else '{"original":0}' end) k order by k limit 100) named
), page as (
    select number, key, error, case jsonb_typeof(original) when 'object' then original else jsonb_build_object('original', original) end as original
      from sync_row where job = cast(:#${header.job} as uuid) and outcome = 'failed' and ended_at is not null and number > cast(:#${exchangeProperty.after} as bigint)
     order by number limit 1000
)
select max(number) as last,
       case when cast(:#${exchangeProperty.after} as bigint) = 0 then '"row","key","error"' || (select coalesce(string_agg(',' || csv_field(name), '' order by position), '') from column_of) || chr(13) || chr(10) else '' end
       || coalesce(string_agg(concat_ws(',', csv_field(cast(number as text)), csv_field(key), csv_field(error),
                   (select string_agg(csv_field(coalesce(plain_text(original -> name), nullif(cast(original -> name as text), 'null'))), ',' order by position) from column_of)) || chr(13) || chr(10), '' order by number), '') as lines
  from page
