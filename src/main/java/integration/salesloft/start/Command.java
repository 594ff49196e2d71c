package integration.salesloft.start;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A command that routes do: a container without an HTTP side is started with the profile of that name, which says what of the routes is
 * loaded and which of them does the command ({@code salesloft.command}). It gets the argument as its body, leaves what is printed in the
 * body, and true in the header {@code success} when the command has succeeded. Its log is lines for people, also in the image: whoever
 * runs a command reads what it says.
 */
public record Command(String name, String argument) {

    private static final String PLAIN_LOG = "--logging.structured.format.console=";

    /**
     * @param application the class that starts the container
     * @return the exit code of the process: 0, or 1
     */
    public int run(Class<?> application) {
        try (ConfigurableApplicationContext context = application(name, application).run(PLAIN_LOG)) {
            return perform(context);
        }
    }

    /**
     * @param context what was started for it
     * @return the exit code
     */
    public int perform(ConfigurableApplicationContext context) {
        Exchange answer = context.getBean(ProducerTemplate.class).request(context.getEnvironment().getRequiredProperty("salesloft.command"),
                exchange -> exchange.getMessage().setBody(argument));
        if (answer.getException() != null) {
            System.err.println("--" + name + ": " + answer.getException().getMessage());
            return 1;
        }
        System.out.println(answer.getMessage().getBody(String.class));
        return Boolean.TRUE.equals(answer.getMessage().getHeader("success")) ? 0 : 1;
    }

    /**
     * What is started for a command. Its profile stands above the application.yaml of the working directory, which would otherwise overrule it.
     *
     * @param name    of the command
     * @param classes what it is made of
     */
    public static SpringApplicationBuilder application(String name, Class<?>... classes) {
        return new SpringApplicationBuilder(classes).profiles(name).properties("spring.config.additional-location=classpath:/command/")
                .initializers(context -> context.getEnvironment().getRequiredProperty("salesloft.command"));
    }
}
