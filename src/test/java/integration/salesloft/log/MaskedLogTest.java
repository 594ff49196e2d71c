package integration.salesloft.log;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.core.env.Environment;
import org.springframework.mock.env.MockEnvironment;

/** Whatever the form of the log, the same is masked in it, and nothing else. */
class MaskedLogTest {

    private static final String SECRET = "9f86d081884c7d65";
    private final Mask mask = new Mask(List.of(SECRET, "short", ""));

    @ParameterizedTest
    @ValueSource(strings = {"ann.roe+x@example.com", "<Ann@Example.co.uk>", "email_addresses[]=ann%40example.com&page=1", "j\u00f6rg@m\u00fcnchen.de", "+1 (404) 555-0100", "+14045550100", "(404) 555-0100", "404-555-0100", "404.555.0100",
            "Bearer ey.J0.x", "\"access_token\":\"abc123\"", "refresh_token=abc123&x=1", "{client_secret=abc123}", SECRET, "https://hooks/" + SECRET + "/x"})
    void takesWhatNobodyMayRead(String text) {
        String masked = mask.of("before " + text + " after");
        assertThat(masked).startsWith("before ").endsWith(" after").contains("***")
                .doesNotContainIgnoringCase("ann").doesNotContain("rg@", "0100", "404", "abc123", "ey.J0", SECRET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET people 200 cost=1 remaining=599 6ms attempt=5", "2026-11-28T15:18:02.351+00:00", "8f0e1d2c-1234-5678-9012-123456789012", "0af7651916cd43dd8448eb211c80319c", "127.0.0.1:8080", "job 17 of 4045550100 rows",
            "java.lang.Object@1b2c3d", "release 1.0.0-SNAPSHOT+9069491.3ddd687b", "release 1.0.0+9069491.31234567", "SALESLOFT_CALLBACK_TOKEN: missing", "a short word", "jdbc:postgresql://db:5432/salesloft"})
    void leavesEverythingElse(String text) {
        assertThat(mask.of(text)).isSameAs(text);
    }

    @Test
    void masksLines() {
        PatternLayoutEncoder lines = new PatternLayoutEncoder();
        lines.setPattern("%level %logger %X{who} %msg %ex%n");
        String written = written(lines);
        assertThat(written).contains("WARN flow *** refused *** of ***", "IllegalStateException: for ***").doesNotContain("example.com", "404", SECRET);
    }

    @Test
    void masksEventsInJson() throws Exception {
        StructuredLogEncoder events = new StructuredLogEncoder();
        events.setFormat("ecs");
        String written = written(events);
        JsonNode event = new ObjectMapper().readTree(written);
        assertThat(event.path("message").asText()).isEqualTo("refused *** of ***");
        assertThat(event.path("error").path("stack_trace").asText()).contains("for ***");
        assertThat(written).doesNotContain("example.com", "404", SECRET);
        for (String[] pair : new String[][] {{quoted("{'access_token':'supersecretvalue123'}"), quoted("{'access_token':'***'}")}, {quoted("{'Authorization':'Bearer abc'}"), quoted("{'Authorization':'Bearer ***'}")},
                {"x\nann@example.com", "x\n***"}, {"x\nrefresh_token=abc123\n404-555-0100", "x\nrefresh_token=***\n***"}}) {
            String line = mask.of(new ObjectMapper().writeValueAsString(Map.of("message", pair[0])));
            assertThat(new ObjectMapper().readTree(line).path("message").asText()).isEqualTo(pair[1]);
        }
    }

    /** An event with everything in it, as an appender writes it after the container has read its settings. */
    private static String written(Encoder<ILoggingEvent> encoder) {
        LoggerContext context = new LoggerContext();
        MockEnvironment settings = new MockEnvironment().withProperty("salesloft.client-secret", SECRET);
        context.putObject(Environment.class.getName(), settings);
        encoder.setContext(context);
        encoder.start();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.setOutputStream(out);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        MaskedLog.mask(context, settings);
        MaskedLog.mask(context, settings); // a second time changes nothing
        LoggingEvent event = new LoggingEvent("x", context.getLogger("flow"), Level.WARN, "refused {} of {}", new IllegalStateException("for ann@example.com, " + SECRET), new Object[] {"ann@example.com", "+1 404 555 0100"});
        event.setMDCPropertyMap(Map.of("who", "ann@example.com"));
        root.callAppenders(event);
        return out.toString(StandardCharsets.UTF_8);
    }
}
