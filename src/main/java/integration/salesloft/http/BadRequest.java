package integration.salesloft.http;

/** 400: the request itself is wrong. */
public class BadRequest extends Problem {

    public BadRequest(String message) {
        super(message);
    }
}
