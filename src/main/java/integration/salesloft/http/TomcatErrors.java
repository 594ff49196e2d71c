package integration.salesloft.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.valves.ErrorReportValve;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** What Tomcat itself refuses, such as a request line that is none: a problem document in place of its page, and nothing for SalesLoft. */
public class TomcatErrors extends ErrorReportValve {

    static void into(TomcatServletWebServerFactory tomcat) {
        tomcat.addContextCustomizers(context -> ((StandardHost) context.getParent()).setErrorReportValveClass(TomcatErrors.class.getName()));
    }

    @Override
    protected void report(Request request, Response response, Throwable failure) {
        int status = response.getStatus();
        if (status < 400 || HttpStatus.resolve(status) == null || response.getContentWritten() > 0 || !response.setErrorReported()
                || HttpErrors.WEBHOOKS.equals(request.getRequestURI())) {
            return;
        }
        try {
            byte[] problem = Problem.document(status, null).getBytes(StandardCharsets.UTF_8);
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            response.setContentLength(problem.length);
            response.getOutputStream().write(problem);
            response.finishResponse();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            // He is gone.
        }
    }
}
