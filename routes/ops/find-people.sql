-- The ids of those whose address it is. From the moment this is committed nothing is taken that refers to them by id alone.
with found as materialized (
    select people_with(:#${ref:private-rules}, cast(:#${exchangeProperty.addresses} as text[])) as ids
), kept_out as (
    insert into suppression (hash, erasure)
    select private_mac('person:' || i, private_policy(:#${ref:private-rules})), :#${exchangeProperty.run} from found, unnest(ids) i
    on conflict do nothing
)
select cast(ids as text) as people from found
