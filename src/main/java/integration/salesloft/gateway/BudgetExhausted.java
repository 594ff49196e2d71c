package integration.salesloft.gateway;

/** Our own share of the budget is used up: the call was not made. The message says the seconds to wait. */
public class BudgetExhausted extends SalesLoftException {

    public BudgetExhausted(String message) {
        super(message);
    }
}
