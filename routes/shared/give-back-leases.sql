-- Gives back every lease of this process, whose work has ended: another replica need not wait until they run out. And this one is not there any more.
with gone as (
    delete from replica where instance = cast(:#${ref:instance} as text)
)
update lease set holder = '', expires_at = now() where holder = cast(:#${ref:instance} as text)
