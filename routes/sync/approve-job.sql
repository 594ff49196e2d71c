-- Lets a job go on that waits for an approval (approve_job in V36).
select approve_job(:#${header.job}, :#${exchangeProperty.caller}) as verdict
