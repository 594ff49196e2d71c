package integration.salesloft.bench;

import static org.springframework.web.servlet.mvc.method.RequestMappingInfo.paths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.Application;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.dao.DataAccessException;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * The container, and in the same process what its webhooks are measured against: a hand-written controller that verifies and
 * stores the same with the same statement over the same pool, a route that does nothing, and bare inserts.
 */
public final class WebhookServer {

    static final String BY_HAND = "/bench/by-hand";
    static final String EMPTY = "/bench/empty";
    static final String INSERTS = "/bench/inserts";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final JdbcTemplate intake;
    private final String insert;
    private final SecretKeySpec token;

    private WebhookServer(DataSource intake, Path routes, String token) throws Exception {
        this.intake = new JdbcTemplate(intake);
        this.token = new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA1");
        insert = Files.readString(routes.resolve("sql").resolve("store-event.sql")).replaceAll("--.*", "").replaceAll(":#\\$\\{[^}]*}", "?");
    }

    public static void main(String[] args) throws Exception {
        ConfigurableApplicationContext context = SpringApplication.run(Application.class, args);
        WebhookServer server = new WebhookServer(context.getBean("intake-pool", DataSource.class),
                Path.of(context.getEnvironment().getProperty("salesloft.routes-dir")), context.getEnvironment().getProperty("salesloft.callback-token"));
        RequestMappingHandlerMapping mapping = context.getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
        mapping.registerMapping(paths(BY_HAND).build(), server, WebhookServer.class.getDeclaredMethod("byHand", HttpServletRequest.class));
        mapping.registerMapping(paths(INSERTS).build(), server, WebhookServer.class.getDeclaredMethod("inserts", HttpServletRequest.class));
        context.getBean(CamelContext.class).addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("platform-http:" + EMPTY + "?useStreaming=true").setBody(constant("")).removeHeaders("*");
            }
        });
        System.out.println("bench ready");
    }

    /** What a careful engineer would write without Camel. */
    ResponseEntity<Void> byHand(HttpServletRequest request) throws Exception {
        byte[] body = request.getInputStream().readAllBytes();
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(token);
        String signature = request.getHeader("x-salesloft-signature");
        if (signature == null || !MessageDigest.isEqual(HexFormat.of().formatHex(mac.doFinal(body)).getBytes(StandardCharsets.UTF_8),
                signature.getBytes(StandardCharsets.UTF_8))) {
            return ResponseEntity.status(401).build();
        }
        JsonNode document = JSON.readTree(body);
        if (!document.isObject()) {
            return ResponseEntity.status(400).build();
        }
        String event = request.getHeader("x-salesloft-event");
        String key = event + ":" + document.path("id").asText() + ":" + OffsetDateTime.parse(document.path("updated_at").asText()).toInstant();
        store(key, event, new String(body, StandardCharsets.UTF_8));
        return ResponseEntity.accepted().build();
    }

    private void store(String key, String event, String body) {
        intake.query(insert, row -> null, key, event, body);
    }

    /** So many seconds of inserts by so many threads, each of a body as it was sent; how many there were. */
    ResponseEntity<String> inserts(HttpServletRequest request) throws Exception {
        String body = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        long until = System.nanoTime() + Long.parseLong(request.getParameter("seconds")) * 1_000_000_000;
        String run = request.getParameter("run");
        AtomicLong next = new AtomicLong();
        AtomicLong count = new AtomicLong();
        int threads = Integer.parseInt(request.getParameter("threads"));
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CompletableFuture.allOf(IntStream.range(0, threads).mapToObj(i -> CompletableFuture.runAsync(() -> {
            while (System.nanoTime() < until) {
                try {
                    store(run + ":" + next.incrementAndGet(), "person_updated", body);
                    count.incrementAndGet();
                } catch (DataAccessException e) {
                    // It took more than a second; so it does not count.
                }
            }
        }, pool)).toArray(CompletableFuture[]::new)).join();
        pool.shutdown();
        return ResponseEntity.ok(Long.toString(count.get()));
    }
}
