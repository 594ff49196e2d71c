package integration.salesloft.gateway;

/** 5xx, time-out, reset, no connection: SalesLoft is ill, and whether it did the work is unknown. */
public class Unavailable extends SalesLoftException {

    public Unavailable(String message) {
        super(message);
    }
}
