package integration.salesloft.access;

import integration.salesloft.role.Role;
import java.util.Set;

/**
 * Somebody who has shown a token that counts.
 *
 * @param name  under which he stands in the audit, in jobs and in the log
 * @param roles none, when who has issued the token has given him none of ours
 */
record Caller(String name, Set<Role> roles) {
}
