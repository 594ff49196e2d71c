package integration.salesloft.gateway;

/** 401: SalesLoft does not accept the token that was sent. */
public class Unauthorized extends SalesLoftException {

    public Unauthorized(String message) {
        super(message);
    }
}
