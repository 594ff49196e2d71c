package integration.salesloft.token;

/** A token store does not hold the version that was to be replaced: another has written there. */
public class StoreConflict extends RuntimeException {

    public StoreConflict(String message) {
        super(message);
    }

    public StoreConflict(String message, Throwable cause) {
        super(message, cause);
    }
}
