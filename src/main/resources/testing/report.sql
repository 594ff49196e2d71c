-- A line a test, what failed below it, and how many there were.
select string_agg(case when failures = '[]' then 'passed' else 'FAILED' end || '  ' || file || '  ' || (document ->> 'test') || '  (' || seconds || ' s)'
                  || coalesce((select string_agg(E'\n        ' || failure, '' order by n) from jsonb_array_elements_text(failures) with ordinality as f (failure, n)), ''), E'\n' order by file)
       || E'\n' || count(*) || ' tests, ' || count(*) filter (where failures = '[]') || ' passed, ' || count(*) filter (where failures <> '[]') || ' failed' as lines,
       count(*) filter (where failures <> '[]') = 0 as passed
  from test
