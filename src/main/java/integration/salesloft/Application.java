package integration.salesloft;

import integration.salesloft.lint.RouteLint;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The container: everything it does stands in {@code routes/}, everything that differs between installations in {@code application.yaml}. */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        switch (String.join(" ", args)) {
            case "" -> SpringApplication.run(Application.class);
            case "--lint" -> System.exit(lint());
            default -> System.exit(refuse(String.join(" ", args)));
        }
    }

    /** Needs no settings and starts nothing, so that it can check a folder anywhere within a second or two. */
    private static int lint() {
        String routes = System.getenv().getOrDefault("ROUTES_DIR", "routes");
        return RouteLint.run(Path.of(routes), Path.of("application.yaml"), System.out);
    }

    private static int refuse(String arguments) {
        System.err.println(arguments + ": unknown; without arguments the container starts, --lint checks the routes in ROUTES_DIR");
        return 1;
    }
}
