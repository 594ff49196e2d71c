package integration.salesloft.gateway;

/** An operator paused the container: the call was not made. */
public class Paused extends SalesLoftException {

    public Paused(String message) {
        super(message);
    }
}
