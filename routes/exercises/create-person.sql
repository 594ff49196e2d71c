-- Creates a person in the SalesLoft of the exercises, a second one too where the address is there already: whether that happens is the question.
with created as (
    insert into exercise_person (document)
    select cast(:#${exchangeProperty.person} as jsonb)
    returning id, updated_at, document
)
select cast(jsonb_build_object('data', document || jsonb_build_object('id', id, 'updated_at', updated_at, 'created_at', updated_at)) as text) as body from created
