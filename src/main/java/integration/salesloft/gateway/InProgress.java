package integration.salesloft.gateway;

/** The same operation, or the create of the same person, is under way elsewhere: later its outcome will be known. */
public class InProgress extends SalesLoftException {

    public InProgress(String message) {
        super(message);
    }
}
