package integration.salesloft.access;

import java.util.Locale;

/** Why a token does not count; the name is a label of a metric. */
final class Refused extends Exception {

    enum Reason {
        /** No token at all, which is no attempt to guess one. */
        MISSING,
        /** Not one header that is written as {@code Bearer}, a space, a token. */
        MALFORMED,
        /** None of ours, or signed by nobody we trust, or for somebody else. */
        UNKNOWN,
        /** It did count. */
        EXPIRED,
        /** It counts, and does not open this. */
        ROLE,
        /** Whoever has issued it cannot be asked for the key it is signed with. */
        UNVERIFIED,
        /** As one of the others, too often. */
        SLOWED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Reason reason;

    Refused(Reason reason, String message) {
        super(message, null, false, false); // common, and nobody looks where it came from
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
