package integration.salesloft.http;

/** 408: the request did not come to its end. */
public class RequestTimeout extends Problem {

    public RequestTimeout(String message) {
        super(message);
    }
}
