-- Stores what was found before anything is changed. Where the pod that was asked is of another ReplicaSet than the present one, its own
-- release is not the one to be rolled back: then that is not known. No row: another replica has the lease.
with held as (
    select from lease
     where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
), found as (
    select to_document(cast(:#${body} as text)) as preflight
)
update rollback_run r
   set preflight = rollback_objections(f.preflight, r.to_revision),
       release = case when r.host like (f.preflight -> 'deployment' ->> 'name') || '-%' and r.host not like coalesce(f.preflight -> 'deployment' ->> 'currentReplicaSet', '') || '-%' then null else r.release end
  from found f, held
 where r.id = cast(:#${exchangeProperty.run[id]} as text)
returning cast(r.preflight as text) as preflight
