package integration.salesloft.http;

/** 429: what is wrong with the request is repeated too often. */
public class TooManyRequests extends Problem {

    public TooManyRequests(String message) {
        super(message);
    }
}
