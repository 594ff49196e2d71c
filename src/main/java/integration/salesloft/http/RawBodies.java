package integration.salesloft.http;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Hands a body to its route as it came, whatever type or encoding it claims: a form (curl's default) would be read by Tomcat,
 * or by Camel, as parameters before any route sees it. No more of it than is allowed ({@link Paths}), and none where none belongs. A body that
 * came with the head of its request is handed on at once, on the same thread; for others no thread waits. No answer is for a cache to keep, but for pages.
 */
@EnableConfigurationProperties(Paths.class)
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RawBodies extends OncePerRequestFilter implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

    private static final byte[] NOTHING = {};

    private final Intake intake;
    private final Paths paths;

    RawBodies(Intake intake, Paths paths) {
        this.intake = intake;
        this.paths = paths;
    }

    @Override
    public void customize(TomcatServletWebServerFactory tomcat) {
        tomcat.addConnectorCustomizers(connector -> connector.setParseBodyMethods(""));
        tomcat.addEngineValves(new NoWaiting(true));
        TomcatErrors.into(tomcat, paths.deliveries());
    }

    @Override
    protected boolean shouldNotFilterAsyncDispatch() {
        return false;
    }

    /** Called a second time, dispatched, for a body that did not come with the head of its request. */
    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (request.getAttribute(Arrival.ATTRIBUTE) instanceof Arrival arrival) {
            request.removeAttribute(Arrival.ATTRIBUTE);
            if (!arrival.isRefused()) {
                chain.doFilter(new Octets(request, arrival.body(), paths), response);
            }
            return;
        }
        if (request.getDispatcherType() == DispatcherType.ASYNC) { // a route has answered
            chain.doFilter(request, response);
            return;
        }
        response.setHeader(HttpHeaders.CACHE_CONTROL, paths.pages().contains(request.getRequestURI()) ? "no-cache" : "no-store"); // Camel would leave it out of an answer
        Optional<HttpStatus> refusal = refusal(request);
        if (refusal.isPresent()) {
            refuse(refusal.get(), request, response);
        } else if (request.getMethod().equals("GET") || request.getMethod().equals("HEAD") || !hasBody(request)) {
            chain.doFilter(new Octets(request, NOTHING, paths), response);
        } else if (paths.uploads().contains(request.getRequestURI())) {
            // How many may be read at once is said in its route. Camel would keep all of it in memory before the route begins, so the route
            // finds it in this attribute, and no body.
            request.setAttribute("upload", new PacedStream(request.getInputStream(), intake));
            chain.doFilter(new Upload(request, paths), response);
        } else {
            Arrival arrival = new Arrival(intake, paths, request, response);
            if (arrival.isHere()) {
                chain.doFilter(new Octets(request, arrival.body(), paths), response);
            } else {
                arrival.await();
            }
        }
    }

    private Optional<HttpStatus> refusal(HttpServletRequest request) {
        if (!intake.isOpen()) {
            return Optional.of(HttpStatus.SERVICE_UNAVAILABLE);
        }
        if (request.getContentLengthLong() > paths.mostBytes() && !paths.uploads().contains(request.getRequestURI())) {
            return Optional.of(HttpStatus.PAYLOAD_TOO_LARGE);
        }
        return Parameters.areInvalid(request, paths) ? Optional.of(HttpStatus.BAD_REQUEST) : Optional.empty();
    }

    private void refuse(HttpStatus status, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (hasBody(request)) {
            new Arrival(intake, paths, request, response).refuse(status);
        } else {
            HttpErrors.send(status, paths, request, response);
        }
    }

    private static boolean hasBody(HttpServletRequest request) {
        return request.getContentLengthLong() > 0 || request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
    }

    /** The same request, whose body is just bytes. */
    private static class Octets extends HttpServletRequestWrapper {

        private final byte[] body;
        private final Map<String, String[]> parameters;

        Octets(HttpServletRequest request, byte[] body, Paths paths) {
            super(request);
            this.body = body;
            this.parameters = Parameters.of(request, paths);
        }

        /** OPTIONS in lower case, which Spring does not know, or it would answer it to anyone; so it is a method like others. */
        @Override
        public String getMethod() {
            String method = super.getMethod();
            return method.equals("OPTIONS") ? "options" : method;
        }

        @Override
        public Map<String, String[]> getParameterMap() {
            return parameters;
        }

        @Override
        public Enumeration<String> getParameterNames() {
            return Collections.enumeration(parameters.keySet());
        }

        @Override
        public String[] getParameterValues(String name) {
            return parameters.get(name);
        }

        @Override
        public String getParameter(String name) {
            String[] values = parameters.get(name);
            return values == null ? null : values[0];
        }

        @Override
        public ServletInputStream getInputStream() {
            return new Bytes(body);
        }

        @Override
        public int getContentLength() {
            return body.length;
        }

        @Override
        public long getContentLengthLong() {
            return body.length;
        }

        @Override
        public String getContentType() {
            return MediaType.APPLICATION_OCTET_STREAM_VALUE;
        }

        @Override
        public String getCharacterEncoding() {
            return null;
        }

        @Override
        public String getHeader(String name) {
            return claim(name) ? null : HttpHeaders.CONTENT_TYPE.equalsIgnoreCase(name) ? getContentType() : super.getHeader(name);
        }

        @Override
        public Enumeration<String> getHeaders(String name) {
            return claim(name) ? Collections.emptyEnumeration() : HttpHeaders.CONTENT_TYPE.equalsIgnoreCase(name)
                    ? Collections.enumeration(Collections.singleton(getContentType())) : super.getHeaders(name);
        }

        private static boolean claim(String name) {
            return HttpHeaders.CONTENT_ENCODING.equalsIgnoreCase(name) || HttpHeaders.CONTENT_LENGTH.equalsIgnoreCase(name);
        }
    }

    /** What it claims to be its route wants to know, unless that would be read as a form. */
    private static final class Upload extends Octets {

        Upload(HttpServletRequest request, Paths paths) {
            super(request, NOTHING, paths);
        }

        @Override
        public String getContentType() {
            String claimed = getRequest().getContentType();
            boolean form = claimed == null || claimed.startsWith("multipart/") || claimed.startsWith(MediaType.APPLICATION_FORM_URLENCODED_VALUE);
            return form ? super.getContentType() : claimed;
        }
    }

    private static final class Bytes extends ServletInputStream {

        private final InputStream bytes;

        Bytes(byte[] bytes) {
            this.bytes = new ByteArrayInputStream(bytes);
        }

        @Override
        public int read() throws IOException {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return bytes.read(target, offset, length);
        }

        @Override
        public int available() throws IOException {
            return bytes.available();
        }

        @Override
        public boolean isFinished() {
            return false;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new UnsupportedOperationException();
        }
    }
}
