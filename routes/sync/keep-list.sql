-- Takes over what the block of a list says, and makes its view where it is not there, or not as the block says. Answers what is to be told of it, or nothing.
select keep_list(cast(row(cast(:#${exchangeProperty.resource} as text), cast(:#${exchangeProperty.list[path]} as text), cast(:#${exchangeProperty.list[ids]} as text), cast(:#${exchangeProperty.list[dated]} as boolean),
                          cast(:#${exchangeProperty.list[about]} as text), cast(:#${exchangeProperty.list[event]} as text), cast(:#${exchangeProperty.list[vanished]} as text),
                          cast(:#${exchangeProperty.list[columns]} as text), null) as mirrored_list)) as told
