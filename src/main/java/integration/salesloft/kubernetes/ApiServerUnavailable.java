package integration.salesloft.kubernetes;

/** The API server did not answer in time, or was too busy to. The same call may be made again. */
public class ApiServerUnavailable extends RuntimeException {

    ApiServerUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
