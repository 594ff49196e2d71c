package integration.salesloft.gateway;

/** 429: the team's points for this window are used up, whoever used them. */
public class RateLimited extends SalesLoftException {

    public RateLimited(String message) {
        super(message);
    }
}
