package integration.salesloft.http;

/** 422: the request is well formed, and contradicts one before it. */
public class Unprocessable extends Problem {

    public Unprocessable(String message) {
        super(message);
    }
}
