package integration.salesloft.rollback;

/** Somebody else changed the Deployment between our reading and our writing. The same call may be made again: it reads anew. */
public class DeploymentChanged extends RuntimeException {

    public DeploymentChanged(String message, Throwable cause) {
        super(message, cause);
    }
}
