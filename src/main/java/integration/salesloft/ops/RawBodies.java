package integration.salesloft.ops;

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
 * or by Camel, as parameters before any route sees it. No more than a mebibyte of it, and none where none belongs.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RawBodies extends OncePerRequestFilter implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

    private static final int MOST_BYTES = 1 << 20;
    /**
     * Read by its route, a row at a time, however large it is; how many may do so at once is said there. Camel would keep all of it
     * in memory before the route begins, so it finds it in the attribute {@code upload}, and no body.
     */
    private static final String UPLOADS = "/sync/people";

    @Override
    public void customize(TomcatServletWebServerFactory tomcat) {
        tomcat.addConnectorCustomizers(connector -> connector.setParseBodyMethods(""));
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (request.getMethod().equals("GET") || request.getMethod().equals("HEAD")) {
            chain.doFilter(new Octets(request, new byte[0]), response);
            return;
        }
        // Spring would answer it, also where it is not allowed.
        if (request.getMethod().equals("OPTIONS") && HttpErrors.WEBHOOKS.equals(request.getRequestURI())) {
            response.setHeader(HttpHeaders.ALLOW, "POST");
            response.setStatus(HttpStatus.METHOD_NOT_ALLOWED.value());
            return;
        }
        if (UPLOADS.equals(request.getRequestURI())) {
            request.setAttribute("upload", request.getInputStream());
            chain.doFilter(new Upload(request), response);
            return;
        }
        // Read here, or whoever drips his body would hold one of the threads that answer.
        byte[] body = request.getInputStream().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            response.sendError(HttpStatus.PAYLOAD_TOO_LARGE.value());
        } else {
            chain.doFilter(new Octets(request, body), response);
        }
    }

    /** The same request, whose body is just bytes. */
    private static class Octets extends HttpServletRequestWrapper {

        private final byte[] body;

        Octets(HttpServletRequest request, byte[] body) {
            super(request);
            this.body = body;
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

        Upload(HttpServletRequest request) {
            super(request, new byte[0]);
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
