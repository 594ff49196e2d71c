package integration.salesloft.gateway;

/** The call was not made because it must not be: read-only mode, a missing idempotency key, a cost above the limit. */
public class NotPermitted extends SalesLoftException {

    public NotPermitted(String message) {
        super(message);
    }
}
