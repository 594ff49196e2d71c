package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.core.env.Environment;

/** A trace from whoever asks for something to the last thing that is done for it: log, ledger, audit, and what Kafka and people get. */
class SharedTracesRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> LOGGERS = List.of("salesloft", "sync", "audit", "errors", "webhook");
    private static final String MALFORMED = "00-00000000000000000000000000000000-b7ad6b7169203331-01";

    private final List<ILoggingEvent> lines = new CopyOnWriteArrayList<>();
    private final Recorder recorder = new Recorder();
    private final String trace = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()) + "8448eb211c80319c";
    private final String traceparent = "00-" + trace + "-b7ad6b7169203331-00";

    @BeforeEach
    void listen() {
        recorder.start();
        logger(Logger.ROOT_LOGGER_NAME).addAppender(recorder);
        LOGGERS.forEach(name -> logger(name).setLevel(Level.INFO));
    }

    @AfterEach
    void listenNoMore() {
        logger(Logger.ROOT_LOGGER_NAME).detachAppender(recorder);
        LOGGERS.forEach(name -> logger(name).setLevel(null));
    }

    /** From the request over the row, which a worker does on a thread of its own, to what consumers get. */
    @Test
    void goesFromAnUploadIntoLogLedgerAuditAndTopics() throws Exception {
        seed(Map.of("people", 0, "rateLimit", 0));
        String key = "traced-" + trace;
        String job = json(send("POST", "/sync/people", quoted("[{'email_address':'traced@example.com','key':'%s'}]", key), with(AS_SYNC))).path("job").asText();
        await().until(() -> json(get("/sync/jobs/" + job, AS_SYNC)).path("state").asText().equals("done"));

        assertThat(json(get("/sync/jobs/" + job, AS_SYNC)).path("trace").asText()).isEqualTo(trace);
        assertThat(sql.queryForObject("select trace from operation where key = ?", String.class, key)).isEqualTo(trace);
        await().until(() -> count("select count(*) from audit_log where trace = ? and idempotency_key = ?", trace, key) == 2);
        String audit = get("/ops/audit?trace=" + trace, AS_OPS).body();
        assertThat(audit.lines()).singleElement().asString().contains(quoted("'idempotencyKey' : '%s'", key), quoted("'trace' : '%s'", trace));
        // The look-up by the worker itself, the create on a thread of its own.
        assertThat(tracesOf("salesloft", "GET people 200")).contains(trace);
        assertThat(tracesOf("salesloft", "POST people 200")).containsExactly(trace);

        String person = sql.queryForObject("select cast(person_id as text) from sync_row where key = ?", String.class, key);
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        assertThat(Kafka.header(KAFKA.last("salesloft.people", 1).get(person), "traceparent")).isEqualTo(traceparent);
        assertThat(Kafka.header(KAFKA.last("salesloft.results", 1).get(key), "traceparent")).isEqualTo(traceparent);
        // SalesLoft gets none.
        assertThat(SALESLOFT.stats().toString().toLowerCase()).contains("idempotency-key").doesNotContain("traceparent");
    }

    /** A poll is one job, and each of its rows is asked for by somebody else. */
    @Test
    void goesFromEachCommandToItsResult() throws Exception {
        seed(Map.of("people", 0, "rateLimit", 0));
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", KAFKA.brokers()), new StringSerializer(), new StringSerializer())) {
            ProducerRecord<String, String> traced = new ProducerRecord<>("salesloft.commands", "any", quoted("{'email_address':'c@example.com','key':'command-%s'}", trace));
            traced.headers().add("traceparent", traceparent.getBytes(StandardCharsets.US_ASCII));
            producer.send(traced);
            ProducerRecord<String, String> malformed = new ProducerRecord<>("salesloft.commands", "any", quoted("{'email_address':'d@example.com','key':'malformed-%s'}", trace));
            malformed.headers().add("traceparent", MALFORMED.getBytes(StandardCharsets.US_ASCII));
            producer.send(malformed).get();
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_row where state = 'done' and outcome = 'created'") == 2
                && count("select count(*) from result_outbox") == 0);
        assertThat(sql.queryForObject("select trace from operation where key = ?", String.class, "command-" + trace)).isEqualTo(trace);
        Map<String, ConsumerRecord<String, String>> results = KAFKA.last("salesloft.results", 2);
        assertThat(Kafka.header(results.get("command-" + trace), "traceparent")).isEqualTo(traceparent);
        String other = sql.queryForObject("select trace from operation where key = ?", String.class, "malformed-" + trace);
        assertThat(other).isNotEqualTo(trace).isEqualTo(sql.queryForObject("select distinct trace_id(traceparent) from sync_job j where exists (select from sync_row r where r.job = j.job and r.key = ?)", String.class, "malformed-" + trace));
        assertThat(Kafka.header(results.get("malformed-" + trace), "traceparent")).startsWith("00-" + other);
    }

    /** It is applied in a batch with others; and who sends no trace, or none that is one, gets a new one. */
    @Test
    void goesFromAnEventToWhatConsumersGet() throws Exception {
        Delivery.person("person_updated", 71, "2026-11-28T09:00:00Z", "CTO").takenBy(webhooks(), "traceparent", traceparent);
        Delivery.person("person_updated", 72, "2026-11-28T09:00:00Z", "CTO").takenBy(webhooks(), "traceparent", MALFORMED);
        Delivery.person("person_updated", 73, "2026-11-28T09:00:00Z", "CTO").takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 3 && count("select count(*) from outbox") == 0);
        Map<String, ConsumerRecord<String, String>> records = KAFKA.last("salesloft.people", 3);
        assertThat(Kafka.header(records.get("71"), "traceparent")).isEqualTo(traceparent);
        List<String> begun = List.of(Kafka.header(records.get("72"), "traceparent"), Kafka.header(records.get("73"), "traceparent"));
        assertThat(begun).doesNotHaveDuplicates().allSatisfy(other -> assertThat(other).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01").doesNotContain("0".repeat(16), trace));
        await().until(() -> tracesOf("audit", "webhook event=person_updated outcome=accepted").size() == 3);
        assertThat(tracesOf("audit", "webhook event=person_updated outcome=accepted")).contains(trace, begun.get(0).substring(3, 35), begun.get(1).substring(3, 35));
    }

    /** A run that was asked for is in the trace of the request; each other one in one of its own, to its last line and record. */
    @Test
    void eachRunHasItsOwn() throws Exception {
        pull("cadences");
        awaitPulled("cadences");
        sql.update("update sync_cursor set finished_at = null where resource = 'cadences'");
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'cadences'}"), with(AS_SYNC)).statusCode()).isEqualTo(202);
        awaitPulled("cadences");
        sql.update("update sync_cursor set finished_at = null where resource = 'cadences'");
        pull("cadences");
        awaitPulled("cadences");

        await().until(() -> tracesOf("audit", "pull resource=cadences").size() == 3);
        List<String> runs = tracesOf("sync", "pull cadences: from");
        assertThat(runs).hasSize(3).doesNotHaveDuplicates().element(1).isEqualTo(trace);
        assertThat(tracesOf("audit", "pull resource=cadences")).containsExactlyInAnyOrderElementsOf(runs); // written by several threads
        assertThat(tracesOf("salesloft", "GET cadences 200")).containsOnlyElementsOf(runs).hasSizeGreaterThanOrEqualTo(3);
        await().until(() -> count("select count(*) from outbox") == 0);
        String id = sql.queryForObject("select cast(max(id) as text) from cadences", String.class);
        assertThat(Kafka.header(KAFKA.last("salesloft.cadences", 1).get(id), "traceparent")).contains(runs.get(0));
        assertThat(count("select count(*) from sync_cursor where traceparent is not null")).isZero();
    }

    /** Cut off before its end, and gone on with by another process. */
    @Test
    void aRunThatIsResumedStaysInItsTrace() {
        sql.update("update sync_cursor set run_started_at = now(), phase = 'from', page = 1, traceparent = ? where resource = 'cadences'", traceparent);
        pull("cadences");
        await().untilAsserted(() -> assertThat(tracesOf("sync", "pull cadences: idle")).containsExactly(trace));
    }

    /** Whoever has a problem can name it, and finds in the log what the answer does not tell. */
    @Test
    void aProblemNamesIt() throws Exception {
        assertThat(json(get("/sync/jobs/00000000-0000-0000-0000-000000000000", with(AS_SYNC))).path("trace").asText()).isEqualTo(trace);
        String replaced = json(get("/sync/jobs/00000000-0000-0000-0000-000000000000", "Authorization", AS_SYNC[1], "traceparent", MALFORMED)).path("trace").asText();
        assertThat(replaced).matches("[0-9a-f]{32}").doesNotContain("0".repeat(16));
        JsonNode unknown = json(get("/sync/jobs/no-uuid/results", with(AS_SYNC)));
        assertThat(unknown.path("trace").asText()).isEqualTo(trace);
        // Nothing of the request comes back otherwise.
        HttpResponse<String> answer = get("/sync/status", with(AS_SYNC));
        assertThat(answer.headers().map()).doesNotContainKey("traceparent");
        assertThat(answer.body()).doesNotContain(trace);
    }

    /** A thread that has been in a trace is in none afterwards. */
    @Test
    void leavesNoneBehind() {
        template.sendBody("direct:ops-audit-repair-now", null);
        assertThat(org.slf4j.MDC.getCopyOfContextMap()).isNullOrEmpty();
        assertThat(lines.stream().filter(line -> line.getLoggerName().startsWith("integration.salesloft")).filter(line -> line.getMDCPropertyMap().containsKey("trace.id"))).isEmpty();
    }

    /** As an event in JSON, by the image's format: what a request or a run has logged can be found by its trace. */
    @Test
    void isAFieldOfEachEventInJson() throws Exception {
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'cadences'}"), with(AS_SYNC)).statusCode()).isEqualTo(202);
        awaitPulled("cadences");
        StructuredLogEncoder encoder = new StructuredLogEncoder();
        // The settings of this container; the log of the JVM has those of whichever was started last.
        LoggerContext here = new LoggerContext();
        here.putObject(Environment.class.getName(), camel.getRegistry().lookupByNameAndType("environment", Environment.class));
        encoder.setContext(here);
        encoder.setFormat("ecs");
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.start();
        ILoggingEvent line = lines.stream().filter(event -> event.getFormattedMessage().startsWith("GET cadences 200")).findFirst().orElseThrow();
        String text = new String(encoder.encode(line), StandardCharsets.UTF_8);
        assertThat(text).endsWith("}\n").hasLineCount(1);
        JsonNode event = JSON.readTree(text);
        assertThat(event.at("/trace/id").asText()).isEqualTo(trace);
        assertThat(event.at("/service/name").asText()).isEqualTo("salesloft-integration");
        assertThat(event.at("/service/version").asText()).isEqualTo(camel.resolvePropertyPlaceholders("{{salesloft.release}}"));
        assertThat(event.at("/log/logger").asText()).isEqualTo("salesloft");
        assertThat(event.path("message").asText()).startsWith("GET cadences 200 cost=1");
    }

    private List<String> tracesOf(String logger, String message) {
        return lines.stream().filter(line -> line.getLoggerName().equals(logger) && line.getFormattedMessage().startsWith(message))
                .map(line -> line.getMDCPropertyMap().getOrDefault("trace.id", "")).toList();
    }

    private String[] with(String[] authorization) {
        return new String[] {authorization[0], authorization[1], "traceparent", traceparent};
    }

    private static JsonNode json(HttpResponse<String> answer) throws Exception {
        return JSON.readTree(answer.body());
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    private final class Recorder extends AppenderBase<ILoggingEvent> {

        @Override
        protected void append(ILoggingEvent line) {
            line.prepareForDeferredProcessing();
            lines.add(line);
        }
    }
}
