package integration.salesloft.gateway;

/** 422 and other 4xx: SalesLoft refuses what was sent, and would refuse it again. */
public class Invalid extends SalesLoftException {

    public Invalid(String message) {
        super(message);
    }
}
