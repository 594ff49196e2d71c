package integration.salesloft.gateway;

/**
 * 422 and other 4xx: SalesLoft refuses what was sent, and would refuse it again. What SalesLoft says of it may name people, so it is
 * no part of the message, which is logged.
 */
public class Invalid extends SalesLoftException {

    private final String reason;

    /** @param message the message in its first line; the status and what SalesLoft says of it in the lines after that */
    public Invalid(String message) {
        super(message.lines().findFirst().orElse(""));
        reason = message.substring(Math.min(message.length(), getMessage().length() + 1));
    }

    /** The status and what SalesLoft says, such as {@code 422 {"errors":{"email_address":["is invalid"]}}}. */
    public String getReason() {
        return reason;
    }
}
