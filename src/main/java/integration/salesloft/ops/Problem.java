package integration.salesloft.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;

/**
 * What is wrong with a request, thrown by a route and answered as {@code application/problem+json} by
 * {@code routes/errors.camel.yaml}. The message is shown to the caller.
 */
public abstract class Problem extends RuntimeException {

    private static final ObjectMapper JSON = new ObjectMapper();

    Problem(String message) {
        super(message);
    }

    /**
     * The problem document (RFC 9457) of a failure. Only a problem, or what Jackson says of a body, tells the caller its
     * message; everything else is ours and stays in the log.
     *
     * @param status the HTTP status
     */
    public static String document(int status, Exception failure) throws JsonProcessingException {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("type", "about:blank");
        document.put("title", HttpStatus.valueOf(status).getReasonPhrase());
        document.put("status", status);
        Throwable problem = failure;
        while (problem != null && !(problem instanceof Problem)) {
            problem = problem.getCause(); // a transaction wraps what it passes on
        }
        if (problem != null) {
            document.put("detail", problem.getMessage());
        } else if (failure instanceof JsonProcessingException malformed) {
            document.put("detail", malformed instanceof MismatchedInputException ? "not the JSON that is expected here"
                    : "not JSON: " + malformed.getOriginalMessage());
        }
        return JSON.writeValueAsString(document);
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

    /** 408: the request did not come to its end. */
    public static class RequestTimeout extends Problem {
        public RequestTimeout(String message) {
            super(message);
        }
    }

    /** 409: what the request names is not in a state for it. */
    public static class Conflict extends Problem {
        public Conflict(String message) {
            super(message);
        }
    }

    /** 422: the request is well formed, and contradicts one before it. */
    public static class Unprocessable extends Problem {
        public Unprocessable(String message) {
            super(message);
        }
    }
}
