package integration.salesloft.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import integration.salesloft.trace.Traceparent;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;

/** Which HTTP status a failure has, and its problem document. */
public class Problems {

    private final Properties statuses = new Properties();

    /** @param statuses a line each: the class of a failure, a colon, its status. Whatever extends it has the same. */
    public Problems(String statuses) {
        try {
            this.statuses.load(new StringReader(statuses));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.statuses.keySet().forEach(name -> status(name.toString())); // a number, and a status
    }

    /** Whether the failure, or one of its causes, is one of those that were given a status. */
    public boolean knows(Throwable failure) {
        return known(failure) != null;
    }

    /** Its status; 503 for one that is not known: PostgreSQL is away, or something of ours is broken, and the caller may try again. */
    public int status(Throwable failure) {
        Throwable known = known(failure);
        return known == null ? HttpStatus.SERVICE_UNAVAILABLE.value() : status(entry(known.getClass()));
    }

    /**
     * Its problem document. Only a {@link Problem}, or what Jackson says of a body, tells the caller its message; everything else is ours and
     * stays in the log, where {@code trace} finds it.
     *
     * @param traceparent of the request
     */
    public String document(Throwable failure, String traceparent) {
        ProblemDetail problem = ProblemDetail.forStatus(status(failure));
        Throwable known = known(failure);
        if (known instanceof Problem) {
            problem.setDetail(known.getMessage());
        } else if (known instanceof JsonProcessingException malformed) {
            problem.setDetail(malformed instanceof MismatchedInputException ? "not the JSON that is expected here" : "not JSON: " + malformed.getOriginalMessage());
        }
        problem.setProperty("trace", Traceparent.traceId(traceparent));
        return Problem.document(problem);
    }

    /** A transaction, for one, wraps what it passes on. */
    private Throwable known(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).filter(cause -> entry(cause.getClass()) != null).findFirst().orElse(null);
    }

    /** The class itself that was given a status, or the nearest that it extends; else null. */
    private String entry(Class<?> type) {
        return type == null ? null : statuses.containsKey(type.getName()) ? type.getName() : entry(type.getSuperclass());
    }

    private int status(String entry) {
        return HttpStatus.valueOf(Integer.parseInt(statuses.getProperty(entry))).value();
    }
}
