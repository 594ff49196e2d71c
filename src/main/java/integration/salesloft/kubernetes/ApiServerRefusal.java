package integration.salesloft.kubernetes;

/** The API server does not do what it was asked. */
public class ApiServerRefusal extends RuntimeException {

    private final int code;

    ApiServerRefusal(int code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The status: 409 where an object is not of the version that we had read, or is there already. */
    public int code() {
        return code;
    }
}
