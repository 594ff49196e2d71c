package integration.salesloft.rollback;

/** The API server of Kubernetes did not answer in time, or was too busy to. The same call may be made again. */
public class ClusterUnavailable extends RuntimeException {

    public ClusterUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
