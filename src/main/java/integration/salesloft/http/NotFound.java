package integration.salesloft.http;

/** 404: what the request names does not exist. */
public class NotFound extends Problem {

    public NotFound(String message) {
        super(message);
    }
}
