package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.token.TokenCustody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Whoever turns on everything to look for a fault finds nobody's data, and no secret, in the log: already before it is masked. */
@ExtendWith(OutputCaptureExtension.class)
class SharedLogsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ADDRESS = "quillan.roe@example.net";
    private static final String PHONE = "+1 (404) 555-7391";
    /** The sandbox, and the clients of the tests. */
    private static final Set<String> OURS = Set.of("sun.net.httpserver", "jdk.httpclient", "com.sun.net.httpserver", "jdk.internal.httpclient", "jdk.event.security", "org.awaitility", "org.springframework.jdbc.core.JdbcTemplate");

    /** What somebody would turn on; what is capped below these stays so. */
    private static final List<String> ALL = List.of(org.slf4j.Logger.ROOT_LOGGER_NAME, "org.apache.camel", "org.apache.kafka", "org.apache.hc", "org.apache.coyote", "org.apache.catalina", "org.postgresql", "com.zaxxer.hikari",
            "org.springframework", "integration.salesloft", "io.github.resilience4j", "org.flywaydb");

    private Map<String, Level> before;
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> recorder = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (OURS.stream().noneMatch(event.getLoggerName()::startsWith)) {
                lines.add(event.getLoggerName() + " " + event.getLevel() + " " + event.getFormattedMessage() + " " + event.getMDCPropertyMap()
                        + (event.getThrowableProxy() == null ? "" : "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy())));
            }
        }
    };

    @BeforeEach
    void listen() {
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0));
        recorder.setContext(root().getLoggerContext());
        recorder.start();
        root().addAppender(recorder);
        before = new HashMap<>();
        ALL.forEach(name -> {
            before.put(name, logger(name).getLevel());
            logger(name).setLevel(Level.DEBUG);
        });
        // For its own sake: the console would be full.
        root().getAppender("console").addFilter(new Filter<>() {
            @Override
            public FilterReply decide(ILoggingEvent event) {
                return root().getLevel() == Level.DEBUG && event.getLevel().levelInt < Level.WARN_INT ? FilterReply.DENY : FilterReply.NEUTRAL;
            }
        });
    }

    @AfterEach
    void listenNoMore() {
        root().detachAppender(recorder);
        before.forEach((name, level) -> logger(name).setLevel(level));
        root().getAppender("console").clearAllFilters();
        sql.update("truncate suppression");
    }

    @Test
    void holdsNothingOfAnybody() throws Exception {
        Set<String> secrets = new HashSet<>(List.of("sandbox-secret", "sandbox-refresh", Installation.OPS_TOKEN, Installation.TOKEN_KEY, SYNC_TOKEN, Delivery.TOKEN, PRIVATE_KEY, Chat.SECRET, ADDRESS, "quillan.roe%40example.net",
                PHONE, "555-7391", "%28404%29"));
        // Pull.
        long id = SALESLOFT.put("people", JSON.createObjectNode().put("email_address", ADDRESS).put("phone", PHONE)).path("id").asLong();
        pull("people");
        awaitPulled("people");
        secrets.add(token());
        // Webhooks: taken, unsigned, not readable, not to be applied.
        Delivery.of("person_updated", quoted("{'id':%d,'updated_at':'2027-03-01T12:00:00Z','email_address':'%s','phone':'%s'}", id, ADDRESS, PHONE)).to(webhooks());
        Delivery.of("person_updated", quoted("{'id':1,'email_address':'%s','phone':'%s'", ADDRESS, PHONE)).to(webhooks());
        Delivery.of("person_updated", quoted("{'id':1,'email_address':'%s','phone':'%s','n':1e999999}", ADDRESS, PHONE)).to(webhooks());
        Delivery.of("person_updated", quoted("{'id':2,'email_address':'%s'}", ADDRESS)).signed("0".repeat(40)).to(webhooks());
        Delivery.of("person_updated", quoted("{'id':2,'email_address':'%s','phone':'%s'}", ADDRESS, PHONE)).to(webhooks());
        // Push: written, refused, with a token that has ended, and with one that is turned away for good.
        push(quoted("[{'email_address':'%s','phone':'%s','title':'CEO'},{'phone':'%s','last_name':'Roe'},{'email_address':'%s','nonsense':'%s'}]", ADDRESS, PHONE, PHONE, ADDRESS, PHONE));
        faults(on("PUT", "/v2/people/.*").times(1).answers(422, quoted("{'errors':{'phone':['%s of %s']}}", PHONE, ADDRESS)));
        push(quoted("[{'email_address':'%s','phone':'%s','title':'CTO'}]", ADDRESS, "404 555 7391"));
        secrets.add("404 555 7391");
        SALESLOFT.expireTokens();
        push(quoted("[{'email_address':'%s','title':'CFO'}]", ADDRESS));
        secrets.add(token());
        faults(on("GET", "/v2/people").times(1).answers(503, "no " + ADDRESS));
        push(quoted("[{'email_address':'%s','title':'COO'}]", ADDRESS));
        // Rows that PostgreSQL refuses, which says so with what is in them.
        sql.execute("alter table sync_row add constraint no_poison check (coalesce(original ->> 'title', '') <> 'poison')");
        try {
            push(quoted("[{'email_address':'%s','phone':'%s','title':'poison'}]", ADDRESS, PHONE));
        } finally {
            sql.execute("alter table sync_row drop constraint no_poison");
        }
        // Operators: dead letters shown and sent again, a pause, results, the audit, notices, and an erasure at last.
        get("/ops/dead-letters", AS_OPS);
        send("POST", "/ops/dead-letters/replay", "", AS_OPS);
        send("POST", "/ops/pause", quoted("{'reason':'because of %s, %s'}", ADDRESS, PHONE), AS_OPS);
        send("POST", "/ops/resume", "", AS_OPS);
        get("/sync/jobs/" + sql.queryForObject("select cast(job as text) from sync_job order by at limit 1", String.class) + "/results", AS_SYNC);
        get("/ops/audit", AS_OPS);
        get("/ops/nowhere?email=" + "quillan.roe%40example.net", AS_OPS);
        send("POST", "/ops/erase", quoted("{'email':'nobody of %s'}", ADDRESS), AS_OPS);
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        send("POST", "/ops/erase", quoted("{'email':'%s'}", ADDRESS), AS_OPS);
        template.sendBody("direct:ops-retention-now", null);
        template.sendBody("direct:ops-private-fields-now", null);

        assertThat(lines).hasSizeGreaterThan(500).anyMatch(line -> line.startsWith("salesloft ")).anyMatch(line -> line.startsWith("org.apache.camel.") && line.contains(" DEBUG "))
                .anyMatch(line -> line.startsWith("org.apache.kafka.") && line.contains(" DEBUG ")).anyMatch(line -> line.startsWith("org.springframework.") && line.contains(" DEBUG "));
        Map<String, List<String>> found = new HashMap<>();
        for (String line : lines) {
            if (secrets.stream().anyMatch(line::contains)) {
                found.computeIfAbsent(line.substring(0, line.indexOf(' ')), logger -> new ArrayList<>()).add(line.substring(0, Math.min(line.length(), 600)));
            }
        }
        assertThat(found.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue().size() + ": " + entry.getValue().get(0)).collect(Collectors.joining("\n\n"))).isEmpty();
    }

    /** Whatever writes the log, the routes' own lines too, does so through the mask. */
    @Test
    void isMaskedOnTop(CapturedOutput output) {
        LoggerFactory.getLogger("a library").warn("sent {} to {}", PHONE, ADDRESS);
        await().untilAsserted(() -> assertThat(output.getOut()).contains("sent *** to ***").doesNotContain(ADDRESS, PHONE));
    }

    private String token() {
        return camel.getRegistry().lookupByNameAndType("token-custody", TokenCustody.class).held().accessToken();
    }

    private void push(String rows) {
        send("POST", "/sync/people", rows, AS_SYNC);
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_job where finished_at is null") == 0);
    }

    private static Logger root() {
        return logger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }
}
