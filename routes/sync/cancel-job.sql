-- Cancels a job (cancel_job in V36): its rows that nobody has begun end here, up to 10,000 of them, others in the hands of the workers.
select cancel_job(:#${header.job}, :#${ref:private-rules}, cast(:#${properties:salesloft.kafka-brokers} as text) <> '') as verdict
