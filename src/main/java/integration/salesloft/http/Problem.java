package integration.salesloft.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.json.Jackson2ObjectMapperBuilder;

/**
 * What is wrong with a request, thrown by a route and answered as {@code application/problem+json} by
 * {@code routes/shared/errors.camel.yaml}. The message is shown to the caller.
 */
public abstract class Problem extends RuntimeException {

    private static final ObjectMapper JSON = Jackson2ObjectMapperBuilder.json().build();

    Problem(String message) {
        super(message);
    }

    /** The problem document (RFC 9457) of a status, without a detail. */
    static String document(int status) {
        return document(ProblemDetail.forStatus(status));
    }

    static String document(ProblemDetail problem) {
        try {
            return JSON.writeValueAsString(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
