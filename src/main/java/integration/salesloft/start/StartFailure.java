package integration.salesloft.start;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.postgresql.util.PSQLException;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.config.ConfigDataResourceNotFoundException;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.Order;

/** Says in one line why the container does not start; what it does not know is left to Spring Boot's own report. */
@Order(0)
class StartFailure implements SpringBootExceptionReporter {

    private final ConfigurableApplicationContext context;

    /** @param context null when the settings were refused before there was one */
    StartFailure(ConfigurableApplicationContext context) {
        this.context = context;
    }

    @Override
    public boolean reportException(Throwable failure) {
        List<Throwable> causes = Stream.iterate(failure, Objects::nonNull, Throwable::getCause).toList();
        String line = causes.stream().map(this::line).filter(Objects::nonNull).findFirst().orElse(null);
        if (line == null && RouteFailure.isOne(causes)) {
            line = new RouteFailure(Path.of(property("salesloft.routes-dir")), Path.of("application.yaml")).line(causes);
        }
        if (line != null) {
            System.err.println(line);
        }
        return line != null;
    }

    private String line(Throwable cause) {
        if (cause instanceof InvalidSettingException) {
            return cause.getMessage();
        }
        if (cause instanceof PortInUseException taken) {
            boolean server = String.valueOf(taken.getPort()).equals(property("server.port"));
            return (server ? "SERVER_PORT" : "MANAGEMENT_PORT") + ": port " + taken.getPort() + " is taken";
        }
        if (cause instanceof ConfigDataResourceNotFoundException missing) {
            return "SPRING_CONFIG_IMPORT: no such folder or file: " + missing.getLocation();
        }
        if (cause instanceof PSQLException refused) {
            return new DatabaseFailure(property("spring.datasource.url"), property("spring.datasource.username")).line(refused);
        }
        return null;
    }

    private String property(String name) {
        return context.getEnvironment().getProperty(name, "");
    }
}
