package integration.salesloft.http;

import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.springframework.http.HttpHeaders;

/**
 * Keeps Tomcat's threads from waiting for a body. Before a request is served, whatever of its body has come is fetched, so that
 * the filter can see it; and once it is answered, what nobody has read, and is still to come, is not waited for just to keep the connection: it is closed.
 */
final class NoWaiting extends ValveBase {

    private final boolean bodies;

    /** @param bodies whether any request here has one; else those that do are refused */
    NoWaiting(boolean bodies) {
        super(true);
        this.bodies = bodies;
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        boolean announced = request.getContentLengthLong() > 0 || request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
        if (announced && !bodies) {
            response.setStatus(Response.SC_REQUEST_ENTITY_TOO_LARGE);
        } else {
            if (announced && !request.isAsync()) {
                request.getCoyoteRequest().action(ActionCode.AVAILABLE, Boolean.TRUE);
            }
            getNext().invoke(request, response);
        }
        if (!request.isAsync() && !request.isFinished() && !isHere(request)) {
            request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
        }
    }

    /** Whether what nobody has read has come: to read it costs no wait, and the connection is kept. */
    private static boolean isHere(Request request) {
        org.apache.coyote.Request body = request.getCoyoteRequest();
        body.action(ActionCode.AVAILABLE, Boolean.TRUE);
        return body.getContentLengthLong() >= 0 && body.getBytesRead() + body.getAvailable() >= body.getContentLengthLong();
    }
}
