package integration.salesloft.gateway;

/** 404: there is no such record. */
public class NotFound extends SalesLoftException {

    public NotFound(String message) {
        super(message);
    }
}
