package integration.salesloft.gateway;

/** 403: the token is good, but may not see or do this. */
public class Forbidden extends SalesLoftException {

    public Forbidden(String message) {
        super(message);
    }
}
