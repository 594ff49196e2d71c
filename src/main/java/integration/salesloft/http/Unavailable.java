package integration.salesloft.http;

/** 503: somebody else is needed for it, and is away. */
public class Unavailable extends Problem {

    public Unavailable(String message) {
        super(message);
    }
}
