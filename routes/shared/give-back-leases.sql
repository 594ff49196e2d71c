-- Gives back every lease of this process, whose work has ended: another replica need not wait until they run out.
update lease set holder = '', expires_at = now() where holder = cast(:#${ref:instance} as text)
