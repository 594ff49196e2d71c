package integration.salesloft.start;

import java.util.Optional;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;

/** Says in one line why the container does not start; what it does not know is left to Spring Boot's own report. */
@Order(0)
class StartFailure implements SpringBootExceptionReporter {

    private final Environment settings;

    /** @param context null when the settings were refused before there was one */
    StartFailure(ConfigurableApplicationContext context) {
        settings = context == null ? new StandardEnvironment() : context.getEnvironment();
    }

    @Override
    public boolean reportException(Throwable failure) {
        Optional<String> line = new FailedStart(settings).line(failure);
        line.ifPresent(System.err::println);
        return line.isPresent();
    }
}
