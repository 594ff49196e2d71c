-- One probe of SalesLoft per five seconds for all replicas together. Answers whether this caller is to make it.
with claimed as (
    update probe set claimed_at = now() where claimed_at <= now() - interval '5 seconds' returning 1
)
select exists (select from claimed) as mine
