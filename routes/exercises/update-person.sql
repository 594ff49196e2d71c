-- Updates a person of the SalesLoft of the exercises.
update exercise_person
   set document = document || cast(:#${exchangeProperty.person} as jsonb), updated_at = clock_timestamp()
 where cast(id as text) || '.json' = :#${exchangeProperty.file}
returning cast(jsonb_build_object('data', document || jsonb_build_object('id', id, 'updated_at', updated_at, 'created_at', updated_at)) as text) as body
