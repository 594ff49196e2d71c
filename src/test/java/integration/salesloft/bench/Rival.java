package integration.salesloft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.http.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.JdbcTemplateAutoConfiguration;
import org.springframework.boot.autoconfigure.web.embedded.EmbeddedWebServerFactoryCustomizerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.DispatcherServletAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.WebMvcAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.TestComponent;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * What webhooks are measured against: the controller that a careful engineer would write without Camel. It verifies against two
 * tokens in constant time, derives the same key, stores the event with one insert, and answers 202 after the commit. It runs in
 * a process of its own, without any class of the container, and is none of the beans of a container in a test's JVM.
 */
@TestComponent
@RestController
@SpringBootConfiguration
@ImportAutoConfiguration({EmbeddedWebServerFactoryCustomizerAutoConfiguration.class, ServletWebServerFactoryAutoConfiguration.class,
    DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, HttpMessageConvertersAutoConfiguration.class, JacksonAutoConfiguration.class, DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class})
public class Rival {

    static final String TABLE = """
            create table rival_event (id text primary key, event text not null, body jsonb not null,
                received_at timestamptz not null default now(), state text not null default 'received')""";
    private static final String INSERT = "insert into rival_event (id, event, body) values (?, ?, cast(? as jsonb)) on conflict do nothing";
    private static final String ALGORITHM = "HmacSHA1";

    private final JdbcTemplate sql;
    private final ObjectMapper json;
    private final SecretKeySpec current;
    private final SecretKeySpec previous;

    Rival(JdbcTemplate sql, ObjectMapper json, @Value("${SALESLOFT_CALLBACK_TOKEN}") String current,
          @Value("${SALESLOFT_CALLBACK_TOKEN_PREVIOUS}") String previous) {
        this.sql = sql;
        this.json = json;
        this.current = new SecretKeySpec(current.getBytes(StandardCharsets.UTF_8), ALGORITHM);
        this.previous = new SecretKeySpec(previous.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    public static void main(String[] args) {
        new SpringApplicationBuilder(Rival.class)
                // The container's application.yaml lies in this directory, and says nothing about this process.
                .properties("spring.config.name=rival", "spring.jmx.enabled=false", "spring.datasource.url=${DATABASE_URL}",
                        "spring.datasource.username=${DATABASE_USER}", "spring.datasource.password=${DATABASE_PASSWORD}",
                        "spring.datasource.hikari.maximum-pool-size=${POOL_SIZE}", "server.tomcat.max-keep-alive-requests=-1")
                .run(args);
    }

    @PostMapping("/webhooks/salesloft")
    ResponseEntity<Void> take(@RequestBody byte[] body, @RequestHeader("x-salesloft-event") String event,
                              @RequestHeader("x-salesloft-signature") String signature) throws GeneralSecurityException {
        byte[] given = signature.getBytes(StandardCharsets.UTF_8);
        if (!(signs(current, body, given) | signs(previous, body, given))) {
            return ResponseEntity.status(HttpStatus.UNAUTHORIZED).build();
        }
        JsonNode document;
        try {
            document = json.readTree(body);
        } catch (IOException e) {
            return ResponseEntity.badRequest().build();
        }
        if (!document.isObject()) {
            return ResponseEntity.badRequest().build();
        }
        String key = event + ":" + document.path("id").asText() + ":" + OffsetDateTime.parse(document.path("updated_at").asText()).toInstant();
        sql.update(INSERT, key, event, new String(body, StandardCharsets.UTF_8));
        return ResponseEntity.accepted().build();
    }

    private static boolean signs(SecretKeySpec token, byte[] body, byte[] given) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(ALGORITHM);
        mac.init(token);
        return MessageDigest.isEqual(HexFormat.of().formatHex(mac.doFinal(body)).getBytes(StandardCharsets.UTF_8), given);
    }
}
