package integration.salesloft.gateway;

/** The breaker is open: the call was not made. */
public class BreakerOpen extends SalesLoftException {

    public BreakerOpen(String message) {
        super(message);
    }
}
