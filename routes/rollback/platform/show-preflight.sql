-- What a rollback would do and what stands in its way; without the template, which may hold what is private.
select cast(jsonb_strip_nulls(jsonb_build_object('platform', 'kubernetes', 'release', cast(:#${properties:salesloft.release} as text))) || jsonb_build_object(
           'deployment', p.found -> 'deployment', 'problems', p.found -> 'problems', 'blockedBy', p.found -> 'blockedBy', 'managers', p.found -> 'managers',
           'target', case when jsonb_typeof(p.found -> 'target') = 'object' then (p.found -> 'target') - 'template' - 'annotations' - 'uid' - 'deploymentUid' end) as text) as preflight
  from (select rollback_objections(to_document(cast(:#${body} as text)), cast(:#${exchangeProperty.order[toRevision]} as integer)) as found) p
