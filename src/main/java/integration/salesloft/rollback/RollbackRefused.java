package integration.salesloft.rollback;

/** What was asked of Kubernetes cannot be done, and asking again does not change that. The message is for people. */
public class RollbackRefused extends RuntimeException {

    public RollbackRefused(String message) {
        super(message);
    }

    public RollbackRefused(String message, Throwable cause) {
        super(message, cause);
    }
}
