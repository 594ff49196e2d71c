-- One probe of SalesLoft in as many seconds as the bean probe-seconds says, for all replicas together. Answers whether this caller is to make it.
with claimed as (
    update probe set claimed_at = now() where claimed_at <= now() - make_interval(secs => cast(:#${ref:probe-seconds} as integer)) returning 1
)
select exists (select from claimed) as mine
