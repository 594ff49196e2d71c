-- Keeps what was refused for good, once.
insert into dead_letter (source, error, payload)
values (:#${exchangeProperty.deadSource}, :#${exchangeProperty.deadError}, :#${exchangeProperty.deadPayload})
on conflict do nothing
