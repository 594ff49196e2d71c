package integration.salesloft;

import integration.salesloft.lint.RouteLint;
import integration.salesloft.start.Command;
import java.nio.file.Path;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The container: everything it does stands in {@code routes/}, everything that differs between installations in {@code application.yaml}. */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        String arguments = String.join(" ", args);
        if (arguments.isEmpty()) {
            SpringApplication.run(Application.class);
        } else if (arguments.equals("--lint")) {
            System.exit(lint());
        } else if (List.of("--smoke", "--checklist").contains(arguments)) {
            System.exit(new Command(arguments.substring(2), "").run(Application.class));
        } else if (arguments.matches("--test \\S.*")) {
            System.exit(new Command("test", arguments.substring(arguments.indexOf(' ') + 1)).run(Application.class));
        } else if (arguments.equals("--exercises")) {
            // Ends with the process that has started it.
            ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
            System.exit(new Command("exercises", "").run(Application.class));
        } else if (arguments.matches("(?s)--rollback=.*\\S.*")) {
            System.exit(new Command("rollback", arguments.substring(arguments.indexOf('=') + 1).strip()).run(Application.class));
        } else {
            System.exit(refuse(arguments));
        }
    }

    /** Needs no settings and starts nothing, so that it can check a folder anywhere within a second or two. */
    private static int lint() {
        String routes = System.getenv().getOrDefault("ROUTES_DIR", "routes");
        return RouteLint.run(Path.of(routes), Path.of("application.yaml"), System.out);
    }

    private static int refuse(String arguments) {
        System.err.println(arguments + ": unknown; without arguments the container starts, --lint checks the routes in ROUTES_DIR, "
                + "--smoke checks that SalesLoft is reached, --checklist says whether it is ready for production, --rollback=\"reason\" rolls the release back, "
                + "--test DIR runs the tests in that folder");
        return 1;
    }
}
