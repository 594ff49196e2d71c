package integration.salesloft.token;

/** A token store did not do its work: it is not reached, sealed, too slow, or denies it. The message says which; the same may be tried again. */
public class StoreUnavailable extends RuntimeException {

    public StoreUnavailable(String message) {
        super(message);
    }

    public StoreUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
