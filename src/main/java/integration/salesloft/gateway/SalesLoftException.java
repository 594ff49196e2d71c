package integration.salesloft.gateway;

/**
 * What a call through the gateway ends in when it does not end in an answer. Unchecked, because the circuit breaker
 * wraps checked ones, and the policies in {@code routes/gateway/policies.camel.yaml} choose by type.
 */
public abstract class SalesLoftException extends RuntimeException {

    SalesLoftException(String message) {
        super(message);
    }
}
