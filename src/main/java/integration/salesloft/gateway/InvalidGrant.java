package integration.salesloft.gateway;

/** The token endpoint answered {@code invalid_grant}: the refresh token used is revoked. */
public class InvalidGrant extends SalesLoftException {

    public InvalidGrant(String message) {
        super(message);
    }
}
