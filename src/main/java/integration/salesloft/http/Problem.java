package integration.salesloft.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;

/**
 * What is wrong with a request, thrown by a route and answered as {@code application/problem+json} by
 * {@code routes/shared/errors.camel.yaml}. The message is shown to the caller.
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
}
