package integration.salesloft.gateway;

/** SalesLoft does not take our refresh token any more, and no new one was given: an operator has to act. */
public class ReauthorizationRequired extends SalesLoftException {

    public ReauthorizationRequired(String message) {
        super(message);
    }
}
