package integration.salesloft.start;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.postgresql.util.PSQLException;
import org.springframework.boot.context.config.ConfigDataResourceNotFoundException;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.env.Environment;

/** Why a container does not start, in one line that names the setting, or the file and the line, that has to be changed. */
public final class FailedStart {

    private final Environment settings;

    /** @param settings of the container */
    public FailedStart(Environment settings) {
        this.settings = settings;
    }

    /** @return empty for a failure that is none of settings, routes and what they are connected to */
    public Optional<String> line(Throwable failure) {
        List<Throwable> causes = Stream.iterate(failure, Objects::nonNull, Throwable::getCause).toList();
        Optional<String> line = causes.stream().map(this::ofSetting).filter(Objects::nonNull).findFirst();
        if (line.isEmpty() && RouteFailure.isOne(causes)) {
            line = Optional.of(new RouteFailure(Path.of(property("salesloft.routes-dir")), Path.of("application.yaml")).line(causes));
        }
        return line;
    }

    private String ofSetting(Throwable cause) {
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
        return settings.getProperty(name, "");
    }
}
