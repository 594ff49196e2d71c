-- Lines of the audit log that are older than they are kept, where that is said; noted in the table erasure.
select forget_audit(cast(nullif(:#${ref:keep-audit}, 'ever') as interval), 10000) as forgotten
