package integration.salesloft.http;

/** 401: no bearer token, or one that does not open this. */
public class Unauthorized extends Problem {

    public Unauthorized(String message) {
        super(message);
    }
}
