package integration.salesloft.gateway;

/** 422 to a create, because there is one already: it has to be found and updated. */
public class AlreadyExists extends SalesLoftException {

    public AlreadyExists(String message) {
        super(message);
    }
}
