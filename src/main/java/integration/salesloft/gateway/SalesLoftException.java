package integration.salesloft.gateway;

/**
 * What a call through the gateway ends in when it does not end in an answer. Unchecked, because the circuit breaker
 * wraps checked ones, and the policies in {@code routes/salesloft.camel.yaml} choose by type.
 */
public abstract class SalesLoftException extends RuntimeException {

    SalesLoftException(String message) {
        super(message);
    }

    /** 401: SalesLoft does not accept the token that was sent. */
    public static class Rejected extends SalesLoftException {
        public Rejected(String message) {
            super(message);
        }
    }

    /** 403: the token is good, but may not see or do this. */
    public static class Forbidden extends SalesLoftException {
        public Forbidden(String message) {
            super(message);
        }
    }

    /** 404: there is no such record. */
    public static class NotFound extends SalesLoftException {
        public NotFound(String message) {
            super(message);
        }
    }

    /** 422 and other 4xx: SalesLoft refuses what was sent, and would refuse it again. */
    public static class Invalid extends SalesLoftException {
        public Invalid(String message) {
            super(message);
        }
    }

    /** 429: the team's points for this window are used up, whoever used them. */
    public static class RateLimited extends SalesLoftException {
        public RateLimited(String message) {
            super(message);
        }
    }

    /** 5xx, time-out, reset, no connection: SalesLoft is ill, and whether it did the work is not known. */
    public static class Unavailable extends SalesLoftException {
        public Unavailable(String message) {
            super(message);
        }
    }

    /** The breaker is open: the call was not made. */
    public static class BreakerOpen extends SalesLoftException {
        public BreakerOpen(String message) {
            super(message);
        }
    }

    /** Our own share of the budget is used up: the call was not made. The message says the seconds to wait. */
    public static class BudgetExhausted extends SalesLoftException {
        public BudgetExhausted(String message) {
            super(message);
        }
    }

    /** An operator paused the container: the call was not made. */
    public static class Paused extends SalesLoftException {
        public Paused(String message) {
            super(message);
        }
    }

    /** The call was not made because it must not be: read-only mode, a missing idempotency key, a cost above the limit. */
    public static class Refused extends SalesLoftException {
        public Refused(String message) {
            super(message);
        }
    }

    /** 422 to a create, because there is one already: it has to be found and updated. */
    public static class Taken extends SalesLoftException {
        public Taken(String message) {
            super(message);
        }
    }

    /** The same operation, or the create of the same person, is under way elsewhere: later its outcome will be known. */
    public static class UnderWay extends SalesLoftException {
        public UnderWay(String message) {
            super(message);
        }
    }

    /** SalesLoft does not take our refresh token any more, and no new one was given: an operator has to act. */
    public static class AuthLost extends SalesLoftException {
        public AuthLost(String message) {
            super(message);
        }
    }

    /** The token endpoint answered {@code invalid_grant}: the refresh token used is revoked. */
    public static class InvalidGrant extends SalesLoftException {
        public InvalidGrant(String message) {
            super(message);
        }
    }
}
