package integration.salesloft.ops;

/**
 * What is wrong with a request, thrown by a route and answered as {@code application/problem+json} by
 * {@code routes/errors.camel.yaml}. The message is shown to the caller.
 */
public abstract class Problem extends RuntimeException {

    Problem(String message) {
        super(message);
    }

    /** 400: the request itself is wrong. */
    public static class BadRequest extends Problem {
        public BadRequest(String message) {
            super(message);
        }
    }

    /** 401: no bearer token, or one that does not open this. */
    public static class Unauthorized extends Problem {
        public Unauthorized(String message) {
            super(message);
        }
    }

    /** 404: what the request names does not exist. */
    public static class NotFound extends Problem {
        public NotFound(String message) {
            super(message);
        }
    }
}
