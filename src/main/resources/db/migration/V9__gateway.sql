-- The first value that can be read among those of a header, which are several with a comma between where it came several times.
create function first_number(header text) returns bigint language sql immutable as $$
    select cast((regexp_match(header, '(^|,) *([0-9]{1,9}) *($|,)'))[2] as bigint)
$$;

create function first_instant(header text) returns timestamptz language sql stable as $$
    select to_instant(found[1]) from regexp_matches(header, '[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT', 'g') found
     where to_instant(found[1]) is not null limit 1
$$;

-- What the token endpoint answered last instead of a pair, and when it is asked again. One row at most.
create table token_failure (
    one         boolean     primary key default true check (one),
    credentials text        not null,          -- fingerprint of the settings it was asked with
    refused     boolean     not null,          -- by SalesLoft; else it did not answer, or not now
    reason      text        not null,
    failures    integer     not null,          -- in a row
    next_try_at timestamptz not null
);
