-- The job that was made under this Idempotency-Key, if any: then an upload need only be read, not stored.
select cast(job as text) as job from sync_job where idempotency_key = :#${exchangeProperty.how[key]}
