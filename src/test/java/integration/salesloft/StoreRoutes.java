package integration.salesloft;

import integration.salesloft.store.TokenStoreStub;
import integration.salesloft.token.StoredPair;
import integration.salesloft.token.TokenPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.FileSystemResource;

/** The routes of one token store, with nothing else of the container: they are called as the delivery calls them. */
final class StoreRoutes implements AutoCloseable {

    private final String store;
    private final CamelContext camel = new DefaultCamelContext();
    private final ProducerTemplate template = camel.createProducerTemplate();

    /** @param changes environment variables beside those that the stub has */
    StoreRoutes(TokenStoreStub stub, Map<String, String> changes) throws Exception {
        Map<String, Object> settings = new HashMap<>(stub.settings());
        settings.putAll(changes);
        store = String.valueOf(settings.get("TOKEN_STORE"));
        StandardEnvironment environment = environment(settings);
        Properties placeholders = new Properties();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof MapPropertySource map) {
                map.getSource().keySet().stream().filter(name -> name.startsWith("salesloft." + store + ".")).forEach(name -> placeholders.setProperty(name, environment.getProperty(name)));
            }
        }
        RouteCoverage coverage = new RouteCoverage();
        camel.addLifecycleStrategy(coverage);
        camel.getRegistry().bind("coverage", coverage);
        camel.getRegistry().bind("environment", environment);
        camel.getPropertiesComponent().setInitialProperties(placeholders);
        PluginHelper.getRoutesLoader(camel).loadRoutes(ResourceHelper.resolveResource(camel, "file:" + Path.of("routes/gateway/token-store", store + ".camel.yaml")));
        camel.start();
    }

    private static StandardEnvironment environment(Map<String, Object> settings) throws IOException {
        StandardEnvironment environment = new StandardEnvironment();
        List.copyOf(environment.getPropertySources().stream().toList()).forEach(source -> environment.getPropertySources().remove(source.getName()));
        environment.getPropertySources().addLast(new MapPropertySource("settings", settings));
        environment.getPropertySources().addLast(new YamlPropertySourceLoader().load("application.yaml", new FileSystemResource("application.yaml")).get(0));
        return environment;
    }

    void check() throws Exception {
        call("check", null, null);
    }

    StoredPair read(String storedAs) throws Exception {
        Exchange answer = call("read", null, storedAs);
        return new StoredPair(answer.getProperty("pair", TokenPair.class), answer.getProperty("storedAs", String.class));
    }

    /** What it is stored as. */
    String write(TokenPair pair, String storedAs) throws Exception {
        return call("write", pair, storedAs).getProperty("storedAs", String.class);
    }

    private Exchange call(String route, TokenPair pair, String storedAs) throws Exception {
        Exchange answer = template.request("direct:gateway-token-store-" + store + "-" + route, exchange -> {
            exchange.setProperty("pair", pair);
            exchange.setProperty("storedAs", storedAs);
        });
        if (answer.getException() != null) {
            throw answer.getException();
        }
        return answer;
    }

    @Override
    public void close() {
        RouteCoverage.note(camel);
        camel.stop();
    }
}
