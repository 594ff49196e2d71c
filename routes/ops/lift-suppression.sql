-- Has somebody who was erased mirrored again, should SalesLoft have them: with the hashes of the address go those of their ids. No row: nobody of this
-- address is kept out.
with address as (
    select private_mac('email:' || a, private_policy(:#${ref:private-rules})) as hash from unnest(cast(:#${exchangeProperty.addresses} as text[])) a
), lifted as (
    delete from suppression s
     where s.hash in (select hash from address)
        or s.erasure in (select e.id from erasure e join address on address.hash = e.subject)
    returning s.erasure
), noted as (
    insert into erasure (kind, subject, actor, ended_at, document)
    select 'lift', (select min(hash) from address), cast(:#${exchangeProperty.caller} as text), now(), jsonb_build_object('hashes', count(*)) from lifted having count(*) > 0
    returning id, subject, document
), audited as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, outcome, attempts)
    select phase, 'lift', 'people', 'erase:' || id, cast(:#${exchangeProperty.caller} as text), jsonb_build_object('erasure', id, 'subject', subject), case phase when 'outcome' then 'done' end, 1
      from noted, unnest(array['intent', 'outcome']) phase
)
select cast(jsonb_build_object('erasure', id, 'suppressed', false) as text) as answer from noted
