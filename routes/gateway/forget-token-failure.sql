-- The token endpoint has issued a pair.
delete from token_failure
