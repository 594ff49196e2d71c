package integration.salesloft.token;

/** A token store refuses these credentials, or they lack a right. It goes on doing so until somebody changes something. */
public class StoreDenied extends StoreUnavailable {

    /** @param message what an operator reads: which right is missing, or which credentials are refused */
    public StoreDenied(String message) {
        super(message);
    }
}
