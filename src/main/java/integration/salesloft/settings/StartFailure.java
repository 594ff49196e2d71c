package integration.salesloft.settings;

import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.Order;

/** Says in one line why the container does not start; what it does not know is left to Spring Boot's own report. */
@Order(0)
class StartFailure implements SpringBootExceptionReporter {

    StartFailure(ConfigurableApplicationContext context) {
        // the constructor that Spring Boot looks for
    }

    @Override
    public boolean reportException(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String line = line(cause);
            if (line != null) {
                System.err.println(line);
                return true;
            }
        }
        return false;
    }

    private static String line(Throwable cause) {
        if (cause instanceof InvalidSettingException) {
            return cause.getMessage();
        }
        if (cause instanceof PortInUseException port) {
            return "port " + port.getPort() + " is taken; set SERVER_PORT or MANAGEMENT_PORT to a free one";
        }
        return null;
    }
}
