package integration.salesloft.http;

/** 409: what the request names is not in a state for it. */
public class Conflict extends Problem {

    public Conflict(String message) {
        super(message);
    }
}
