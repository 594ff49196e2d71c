package integration.salesloft.http;

import integration.salesloft.start.FatalErrors;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.camel.CamelContext;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.web.servlet.error.ErrorController;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.task.TaskRejectedException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * What goes wrong with a request before or after its route, answered like what goes wrong in one: application/problem+json, and
 * for a delivery of SalesLoft, whose answers have no bodies, the status alone.
 */
@RestController
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE) // before Spring's own, which gives all of them a body
class HttpErrors implements ErrorController {

    /** About as long as it takes to start, or for another replica to take over. */
    private static final String RETRY_SECONDS = "5";

    private final ObjectProvider<CamelContext> camel;
    private final Paths paths;

    /** @param camel whose beans are made with its routes, of which the gate is one */
    HttpErrors(ObjectProvider<CamelContext> camel, Paths paths) {
        this.camel = camel;
        this.paths = paths;
    }

    /** All threads that answer are busy, and their queue is full. */
    @ExceptionHandler(TaskRejectedException.class)
    ResponseEntity<ProblemDetail> busy(HttpServletRequest request) {
        return problem(ProblemDetail.forStatus(HttpStatus.SERVICE_UNAVAILABLE), HttpHeaders.EMPTY, request.getRequestURI());
    }

    /** Whatever was half done is not answered. */
    @ExceptionHandler(Error.class)
    ResponseEntity<ProblemDetail> fatal(Error error, HttpServletRequest request) {
        FatalErrors.endOn(error);
        return problem(ProblemDetail.forStatus(HttpStatus.SERVICE_UNAVAILABLE), HttpHeaders.EMPTY, request.getRequestURI());
    }

    /** OPTIONS, which asks what there is, is answered to those who may use something here, and where anyone may. */
    @ExceptionHandler(HttpRequestMethodNotSupportedException.class)
    ResponseEntity<ProblemDetail> method(HttpRequestMethodNotSupportedException refused, HttpServletRequest request) {
        if (request.getMethod().equalsIgnoreCase("OPTIONS") && !camel.getObject().getRegistry().findSingleByType(Gate.class).mayAsk(request)) {
            return problem(ProblemDetail.forStatus(HttpStatus.UNAUTHORIZED), HttpHeaders.EMPTY, request.getRequestURI());
        }
        return problem(refused.getBody(), refused.getHeaders(), request.getRequestURI());
    }

    @RequestMapping("${server.error.path:/error}")
    ResponseEntity<ProblemDetail> error(HttpServletRequest request) {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        return problem(ProblemDetail.forStatus(status instanceof Integer code ? HttpStatus.valueOf(code) : HttpStatus.NOT_FOUND),
                HttpHeaders.EMPTY, request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI));
    }

    /** Answers before there is a route, and closes the connection, because what else the request holds is not read. */
    static void send(HttpStatus status, Paths paths, HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setStatus(status.value());
        response.setHeader(HttpHeaders.CONNECTION, "close");
        if (status == HttpStatus.SERVICE_UNAVAILABLE) {
            response.setHeader(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
        }
        byte[] problem = paths.deliveries().contains(request.getRequestURI()) ? new byte[0] : Problem.document(status.value()).getBytes(StandardCharsets.UTF_8);
        response.setContentLength(problem.length);
        if (problem.length > 0) {
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            response.getOutputStream().write(problem);
        }
    }

    private ResponseEntity<ProblemDetail> problem(ProblemDetail problem, HttpHeaders headers, Object path) {
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(problem.getStatus()).headers(headers);
        return path != null && paths.deliveries().contains(path) ? answer.build() : answer.contentType(MediaType.APPLICATION_PROBLEM_JSON).body(problem);
    }
}
