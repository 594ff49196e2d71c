package integration.salesloft.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.valves.ErrorReportValve;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** What Tomcat itself refuses, such as a request line that is none: a problem document in place of its page, and nothing for SalesLoft. */
class TomcatErrors extends ErrorReportValve {

    private final Set<String> withoutBody;

    private TomcatErrors(Set<String> withoutBody) {
        this.withoutBody = new HashSet<>(withoutBody); // a request that is none has the path null
    }

    /** @param withoutBody paths whose answers have none */
    static void into(TomcatServletWebServerFactory tomcat, Set<String> withoutBody) {
        tomcat.addContextCustomizers(context -> {
            StandardHost host = (StandardHost) context.getParent();
            host.setErrorReportValveClass(TomcatErrors.class.getName()); // one of this class: the host adds no other
            host.addLifecycleListener(event -> {
                // Last of all, behind the one that Spring Boot adds, so that it is the first to report.
                if (event.getType().equals(Lifecycle.BEFORE_START_EVENT)) {
                    host.getPipeline().addValve(new TomcatErrors(withoutBody));
                }
            });
        });
    }

    @Override
    protected void report(Request request, Response response, Throwable failure) {
        int status = response.getStatus();
        if (status < 400 || HttpStatus.resolve(status) == null || response.getContentWritten() > 0 || !response.setErrorReported()
                || withoutBody.contains(request.getRequestURI())) {
            return;
        }
        try {
            byte[] problem = Problem.document(status).getBytes(StandardCharsets.UTF_8);
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            response.setContentLength(problem.length);
            response.getOutputStream().write(problem);
            response.finishResponse();
        } catch (IOException e) {
            // The caller is gone.
        }
    }
}
