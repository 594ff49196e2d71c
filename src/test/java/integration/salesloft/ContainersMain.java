package integration.salesloft;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.start.Command;
import integration.salesloft.testing.GivenEnvironment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * What a {@link SharedProcess} runs. Each line of its standard input is a container to start: a map in JSON of what would be its environment
 * variables, and its name; or such a command, with its argument. The first one starts alone, the others two at a time. Where it takes
 * requests it says on its standard output, and what has become of a command. A line with nothing but a name stops the container that has it.
 */
public final class ContainersMain {

    static final String NAME = "name";
    /** In an order: the process goes on if this container does not start. */
    static final String MAY_FAIL = "mayFail";
    static final String COMMAND = "command";
    static final String ARGUMENT = "argument";
    /** Of libraries that ask the process itself, and that read these as a container starts. */
    private static final Map<String, String> OF_LIBRARIES = Map.of("KUBERNETES_MASTER", "kubernetes.master", "KUBECONFIG", "kubeconfig",
            "AWS_ACCESS_KEY_ID", "aws.accessKeyId", "AWS_SECRET_ACCESS_KEY", "aws.secretAccessKey");

    private static final Map<Object, CompletableFuture<ConfigurableApplicationContext>> CONTAINERS = new ConcurrentHashMap<>();

    private ContainersMain() {
    }

    public static void main(String[] arguments) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ExecutorService others = Executors.newFixedThreadPool(2);
        boolean first = true;
        try (BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                Map<String, Object> variables = json.readValue(order, new TypeReference<HashMap<String, Object>>() { });
                if (variables.size() == 1) {
                    others.execute(() -> stop(variables.get(NAME)));
                    continue;
                }
                CONTAINERS.put(variables.get(NAME), new CompletableFuture<>());
                if (first) {
                    start(variables);
                    first = false;
                } else {
                    others.execute(() -> start(variables));
                }
            }
        }
        Runtime.getRuntime().halt(0); // whoever has started it is gone
    }

    private static void start(Map<String, Object> variables) {
        Object name = variables.remove(NAME);
        boolean mayFail = variables.remove(MAY_FAIL) != null;
        try {
            if (Collections.disjoint(variables.keySet(), OF_LIBRARIES.keySet())) {
                run(name, variables);
            } else {
                synchronized (OF_LIBRARIES) {
                    OF_LIBRARIES.forEach((variable, property) -> {
                        if (variables.containsKey(variable)) {
                            System.setProperty(property, variables.get(variable).toString());
                        }
                    });
                    run(name, variables);
                }
            }
        } catch (RuntimeException e) {
            System.out.println(SharedProcess.failed(name.toString()));
            if (!mayFail) {
                Runtime.getRuntime().halt(1);
            }
        }
    }

    private static void stop(Object name) {
        CONTAINERS.remove(name).join().close();
        System.out.println(SharedProcess.stopped(name.toString()));
    }

    private static void run(Object name, Map<String, Object> variables) {
        if (variables.containsKey(COMMAND)) {
            Command command = new Command(variables.remove(COMMAND).toString(), variables.remove(ARGUMENT).toString());
            ConfigurableEnvironment environment = new StandardEnvironment(); // a command has no HTTP side, which a GivenEnvironment is for
            environment.getPropertySources().replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                    new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
            ConfigurableApplicationContext context = Command.application(command.name(), Application.class).environment(environment).run("--logging.structured.format.console=");
            new Thread(() -> System.out.println(SharedProcess.ended(name.toString(), command.perform(context)))).start();
            return;
        }
        SpringApplication application = new SpringApplication(Application.class);
        application.setMainApplicationClass(Application.class);
        application.setEnvironment(new GivenEnvironment(variables));
        ConfigurableApplicationContext context = application.run();
        Environment started = context.getEnvironment();
        CONTAINERS.get(name).complete(context);
        System.out.println(SharedProcess.ports(name.toString(), started.getProperty("local.server.port"), started.getProperty("local.management.port")));
    }
}
