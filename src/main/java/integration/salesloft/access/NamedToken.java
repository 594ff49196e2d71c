package integration.salesloft.access;

import java.security.MessageDigest;
import java.time.Instant;

/**
 * A token that opens something, of which only the hash is known.
 *
 * @param caller who shows it
 * @param sha256 of the token, 32 bytes
 * @param until  from when on it does not count any more, or null
 */
record NamedToken(Caller caller, byte[] sha256, Instant until) {

    /** In constant time. */
    boolean is(byte[] hash) {
        return MessageDigest.isEqual(sha256, hash);
    }

    boolean isOver(Instant now) {
        return until != null && !now.isBefore(until);
    }

    /** Without the hash. */
    @Override
    public String toString() {
        return caller + (until == null ? "" : " until " + until);
    }
}
