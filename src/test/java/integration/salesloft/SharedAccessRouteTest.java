package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.nimbusds.jwt.PlainJWT;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.Route;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.boot.logging.logback.StructuredLogEncoder;

/** Who may call what, by the table; under which name; and that no spelling of a request opens more than it. */
class SharedAccessRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WRONG = "nobody-has-this-one";
    private static final String RIGHT = Installation.OPS_TOKEN;
    /** They would run for long, or start a process; ChecklistRunRouteTest calls them. */
    private static final Set<String> LONG = Set.of("GET /ops/checklist", "POST /ops/checklist");

    /** That a request is none, its token does not open this or is one of too many, there is nothing, or not with this method, or no such method. */
    private static final List<Integer> REFUSALS = List.of(400, 401, 404, 405, 429, 501);

    /** A row of the table as it stands in the YAML. */
    private record Row(String method, String path, List<String> roles) {

        boolean opensTo(String role) {
            return roles.contains(role);
        }

        String call() {
            return method + " " + path;
        }

        /** With something in place of what its endpoint leaves open. */
        String sent() {
            return path.replaceAll("\\{[^}]*}", "1");
        }
    }

    /** Somebody who calls, and the role of the token that he shows, or none. */
    private record Visitor(String name, String role, String token) {

        String header() {
            return token == null ? "" : "Authorization: Bearer " + token + "\r\n";
        }
    }

    /** A request: its first line without the version, and lines of its head. */
    private record Trick(String name, String line, String head, String body) {
    }

    @AfterEach
    void restoreTheList() {
        ACCESS.write("");
        ISSUER.away(false);
    }

    private static List<Row> table() throws IOException {
        for (JsonNode block : new YAMLMapper().readTree(Path.of("routes/shared/access.camel.yaml").toFile())) {
            for (JsonNode bean : block.path("beans")) {
                if (bean.path("name").asText().equals("access-table")) {
                    return bean.at("/constructors/0").asText().lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#"))
                            .map(line -> line.split("[ :]+", 3)).map(row -> new Row(row[0], row[1], List.of(row[2].split(", *")))).toList();
                }
            }
        }
        throw new IllegalStateException("no table");
    }

    /** Rows whose endpoints this container has, those without a token left out. */
    private List<Row> guarded() throws IOException {
        Map<String, String> here = routes();
        return table().stream().filter(row -> here.containsKey(row.call()) && Collections.disjoint(row.roles(), Set.of("anyone", "signature", "state"))).toList();
    }

    /** By method and path, the route that serves it. */
    private Map<String, String> routes() {
        Map<String, String> routes = new LinkedHashMap<>();
        for (Route route : camel.getRoutes()) {
            if (route.getEndpoint() instanceof PlatformHttpEndpoint endpoint) {
                for (String method : endpoint.getHttpMethodRestrict().split(",")) {
                    routes.put(method + " " + endpoint.getPath(), route.getRouteId());
                }
            }
        }
        return routes;
    }

    private static List<Visitor> visitors() {
        return List.of(new Visitor("reader", "reader", AccessList.READER), new Visitor("writer", "writer", AccessList.WRITER), new Visitor("operator", "operator", AccessList.OPERATOR),
                new Visitor("sync", "writer", SYNC_TOKEN), new Visitor("ops", "operator", RIGHT),
                new Visitor("nobody", "none", null), new Visitor("wrong", "none", WRONG), new Visitor("ended", "none", AccessList.ENDED),
                new Visitor("issued, no role", "none", ISSUER.token(ISSUER.claims("no-role"))), new Visitor("not signed", "none", new PlainJWT(ISSUER.claims("forged", "operator").build()).serialize()));
    }

    /** Every endpoint of this container has its row, and each visitor is let in where his role stands in it, and nowhere else. */
    @Test
    void opensToEachRoleWhatItsRowSays() throws IOException {
        Map<String, String> routes = routes();
        assertThat(table().stream().map(Row::call)).containsAll(routes.keySet());
        // What the sync token opens, and nothing else.
        assertThat(guarded().stream().filter(row -> row.opensTo("writer")).map(Row::call)).containsExactlyInAnyOrder("GET /sync/status", "GET /sync/jobs", "GET /sync/jobs/{job}",
                "GET /sync/jobs/{job}/results", "GET /sync/jobs/{job}/failures", "POST /sync/people", "POST /sync/accounts", "POST /sync/notes", "POST /sync/tasks",
                "POST /sync/jobs/{job}/cancel", "POST /sync/pull", "GET /ops/me");
        assertThat(guarded()).allSatisfy(row -> assertThat(row.opensTo("operator")).as(row.call()).isTrue())
                .allSatisfy(row -> assertThat(row.opensTo("reader") && row.method().equals("POST")).as(row.call()).isFalse());
        for (Row row : guarded()) {
            for (Visitor visitor : visitors()) {
                boolean may = row.opensTo(visitor.role());
                if (may && LONG.contains(row.call())) {
                    continue;
                }
                long before = RouteCoverage.runs(camel, routes.get(row.call()));
                int status = call(new Trick("", row.method() + " " + row.sent(), visitor.header(), row.method().equals("POST") ? "[1]" : ""));
                assertThat(RouteCoverage.runs(camel, routes.get(row.call())) - before).as(visitor.name() + ": " + row.call() + " " + status).isEqualTo(may ? 1 : 0);
                assertThat(status).as(visitor.name() + ": " + row.call()).isIn(may ? List.of(200, 202, 302, 400, 404, 503) : List.of(401, 429));
            }
        }
    }

    /**
     * However a request is written, it opens no route whose row does not name the role of its token. Each way of writing is tried at each
     * endpoint, by one of those it is closed to: they take turns.
     */
    @Test
    void opensNothingElseHoweverARequestIsWritten() throws IOException {
        Map<String, String> routes = routes();
        List<Row> rows = guarded();
        int calls = 0;
        Map<Integer, Integer> answers = new LinkedHashMap<>();
        List<String> letIn = new ArrayList<>();
        List<Visitor> visitors = visitors().stream().filter(visitor -> Set.of("nobody", "reader", "writer").contains(visitor.name())).toList();
        for (Visitor visitor : visitors) {
            Set<String> open = rows.stream().filter(row -> row.opensTo(visitor.role())).map(Row::call).collect(Collectors.toSet());
            List<String> closed = rows.stream().filter(row -> !row.opensTo(visitor.role())).map(row -> routes.get(row.call())).distinct().toList();
            for (Row row : rows.stream().filter(row -> !row.opensTo(visitor.role())).toList()) {
                // What its row opens to him under another method of the path is no trick.
                List<Trick> tricks = tricks(row, visitor);
                List<Visitor> shutOut = visitors.stream().filter(other -> !row.opensTo(other.role())).toList();
                int turn = rows.indexOf(row);
                for (Trick trick : IntStream.range(0, tricks.size()).filter(i -> shutOut.get((i + turn) % shutOut.size()) == visitor).mapToObj(tricks::get)
                        .filter(trick -> !open.contains(trick.line().replaceFirst("^HEAD", "GET"))).toList()) {
                    long before = runs(closed);
                    int status = call(trick);
                    calls++;
                    answers.merge(status, 1, Integer::sum);
                    if (runs(closed) > before || !(trick.line().equals("GET /health") ? List.of(200, 503) : REFUSALS).contains(status)) {
                        letIn.add(visitor.name() + ", " + trick.name() + ", " + row.call() + ": " + status);
                    }
                }
            }
        }
        System.out.printf("access: %,d calls, %,d endpoints, %,d let in that should not be; answers %s%n", calls, rows.size(), letIn.size(), answers);
        assertThat(letIn).isEmpty();
        assertThat(calls).isGreaterThan(2500);
        // Nothing of what was tried had an effect.
        assertThat(count("select count(*) from sync_job") + count("select count(*) from rollback_run") + count("select count(*) from drill") + count("select count(*) from republish")).isZero();
        assertThat(count("select count(*) from control where paused")).isZero();
    }

    private long runs(List<String> routes) {
        return routes.stream().mapToLong(route -> RouteCoverage.runs(camel, route)).sum();
    }

    private static List<Trick> tricks(Row row, Visitor visitor) {
        String path = row.sent();
        String own = visitor.header();
        int slash = path.indexOf('/', 1);
        String first = path.substring(0, slash);
        String rest = path.substring(slash + 1);
        String letters = path.chars().mapToObj(c -> c == '/' ? "/" : "%%%02x".formatted(c)).collect(Collectors.joining());
        Map<String, String> paths = new LinkedHashMap<>();
        paths.put("as it is", path);
        paths.put("two slashes first", "/" + path);
        paths.put("two slashes within", first + "//" + rest);
        paths.put("a slash last", path + "/");
        paths.put("two slashes last", path + "//");
        paths.put("a dot last", path + "/.");
        paths.put("a dot within", first + "/./" + rest);
        paths.put("a dot first", "/." + path);
        paths.put("an encoded dot", first + "/%2e/" + rest);
        paths.put("up from an open path", "/health/.." + path);
        paths.put("up from an open path, encoded", "/health/%2e%2e" + path);
        paths.put("up from an open path, slash encoded", "/health/..%2f" + path.substring(1));
        paths.put("up from an open path, all encoded", "/health%2f%2e%2e%2f" + path.substring(1));
        paths.put("up from an open path, parameter", "/health/..;" + path);
        paths.put("up from an open path, backslash", "/health/..\\" + path.substring(1));
        paths.put("up from an open path, backslash encoded", "/health/..%5c" + path.substring(1));
        paths.put("up from the webhooks", "/webhooks/salesloft/../.." + path);
        paths.put("up out of the root", "/../.." + path);
        paths.put("up and down", path + "/../" + rest);
        paths.put("slash encoded", first + "%2f" + rest);
        paths.put("slash encoded twice", first + "%252f" + rest);
        paths.put("slash too long in UTF-8", first + "%c0%af" + rest);
        paths.put("slash of full width", first + "%ef%bc%8f" + rest);
        paths.put("backslash", first + "\\" + rest);
        paths.put("backslash encoded", first + "%5c" + rest);
        paths.put("letters encoded", letters);
        paths.put("letters encoded twice", letters.replace("%", "%25"));
        paths.put("a parameter last", path + ";x=y");
        paths.put("an open path as a parameter", path + ";/health");
        paths.put("a parameter within", first + ";x=y/" + rest);
        paths.put("a parameter first", "/;x" + path);
        paths.put("a semicolon", path + ";");
        paths.put("a session", path + ";jsessionid=1");
        paths.put("capitals", path.toUpperCase(Locale.ROOT));
        paths.put("a capital", first + "/" + rest.substring(0, 1).toUpperCase(Locale.ROOT) + rest.substring(1));
        paths.put("NUL", path + "%00");
        paths.put("NUL and an open path", path + "%00/health");
        paths.put("NUL within", first + "%00/" + rest);
        paths.put("a space", path + "%20");
        paths.put("a tab", path + "%09");
        paths.put("a new line", path + "%0a");
        paths.put("a new header", path + "%20HTTP/1.1%0d%0aAuthorization:%20Bearer%20" + RIGHT);
        paths.put("an ending", path + ".json");
        paths.put("a question mark encoded", path + "%3f");
        paths.put("a hash", path + "#/health");
        paths.put("a hash encoded", path + "%23");
        paths.put("a broken percent", path + "%");
        paths.put("of another host", "http://localhost:8081" + path);
        paths.put("of a host with a name in it", "http://ops:" + RIGHT + "@localhost" + path);
        paths.put("token in the query", path + "?access_token=" + RIGHT + "&token=" + RIGHT);
        paths.put("header in the query", path + "?Authorization=Bearer%20" + RIGHT + "&authorization=Bearer%20" + RIGHT);
        paths.put("method in the query", path + "?_method=GET&httpMethodRestrict=GET&CamelHttpMethod=GET");
        List<Trick> tricks = new ArrayList<>();
        paths.forEach((name, sent) -> tricks.add(new Trick(name, row.method() + " " + sent, own, "")));

        for (String method : List.of("HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "get", "Post", row.method() + "X", row.method().equals("GET") ? "POST" : "GET")) {
            tricks.add(new Trick("method " + method, method + " " + path, own, ""));
        }
        for (String header : List.of("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")) {
            tricks.add(new Trick(header, (row.method().equals("GET") ? "POST " : "GET ") + "/no/such" + path, own + header + ": " + row.method() + "\r\n", ""));
            tricks.add(new Trick(header + " here", row.method() + " " + path, own + header + ": " + (row.method().equals("GET") ? "POST" : "GET") + "\r\n", ""));
        }
        for (String header : List.of("X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Forwarded-Uri", "X-Forwarded-Path")) {
            tricks.add(new Trick(header + " from an open path", "GET /health", own + header + ": " + path + "\r\n", ""));
            tricks.add(new Trick(header + " to an open path", row.method() + " " + path, own + header + ": /health\r\n", ""));
        }
        for (String header : List.of("X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "X-Forwarded-Prefix: /health", "X-Forwarded-Proto: https", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1;host=localhost",
                "X-Remote-User: ops", "X-Forwarded-User: ops", "X-SSL-Client-Verify: SUCCESS", "caller: ops", "actor: ops", "CamelAuthentication: ops")) {
            tricks.add(new Trick(header, row.method() + " " + path, own + header + "\r\n", ""));
        }
        // The right token, where it is none.
        Map<String, String> misplaced = new LinkedHashMap<>();
        misplaced.put("right token before his own", "Authorization: Bearer " + RIGHT + "\r\n" + (own.isEmpty() ? "Authorization: Bearer " + WRONG + "\r\n" : own));
        misplaced.put("right token after his own", (own.isEmpty() ? "Authorization: Bearer " + WRONG + "\r\n" : own) + "Authorization: Bearer " + RIGHT + "\r\n");
        misplaced.put("right token twice", "Authorization: Bearer " + RIGHT + "\r\nauthorization: Bearer " + RIGHT + "\r\n");
        misplaced.put("two in one header", "Authorization: Bearer " + WRONG + ", Bearer " + RIGHT + "\r\n");
        misplaced.put("cookie", own + "Cookie: Authorization=Bearer " + RIGHT + "; token=" + RIGHT + "\r\n");
        misplaced.put("Basic", "Authorization: Basic " + Base64.getEncoder().encodeToString(("ops:" + RIGHT).getBytes(StandardCharsets.UTF_8)) + "\r\n");
        misplaced.put("no scheme", "Authorization: " + RIGHT + "\r\n");
        misplaced.put("scheme in lower case", "Authorization: bearer " + RIGHT + "\r\n");
        misplaced.put("scheme in capitals", "Authorization: BEARER " + RIGHT + "\r\n");
        misplaced.put("two spaces", "Authorization: Bearer  " + RIGHT + "\r\n");
        misplaced.put("a tab in place of the space", "Authorization: Bearer\t" + RIGHT + "\r\n");
        misplaced.put("quotes", "Authorization: Bearer \"" + RIGHT + "\"\r\n");
        misplaced.put("token in capitals", "Authorization: Bearer " + RIGHT.toUpperCase(Locale.ROOT) + "\r\n");
        misplaced.put("part of a token", "Authorization: Bearer " + RIGHT.substring(1) + "\r\n");
        misplaced.put("token and more", "Authorization: Bearer " + RIGHT + "x\r\n");
        misplaced.put("token and NUL", "Authorization: Bearer " + RIGHT + "\0\r\n");
        misplaced.put("an empty token", "Authorization: Bearer \r\n");
        misplaced.put("a hash in place of the token", "Authorization: Bearer " + AccessList.entry("", "", RIGHT).replaceAll("(?s).*sha256: (\\w+).*", "$1") + "\r\n");
        misplaced.put("a folded header", "X-Folded: x\r\n Authorization: Bearer " + RIGHT + "\r\n");
        misplaced.put("a space before the colon", "Authorization : Bearer " + RIGHT + "\r\n");
        for (String header : List.of("Proxy-Authorization", "X-Authorization", "WWW-Authenticate", "X-Original-Authorization", "X-Forwarded-Authorization", "Authorization2")) {
            misplaced.put(header, own + header + ": Bearer " + RIGHT + "\r\n");
        }
        misplaced.forEach((name, head) -> tricks.add(new Trick(name, row.method() + " " + path, head, "")));
        tricks.add(new Trick("right token in the body", row.method() + " " + path, own, "access_token=" + RIGHT + "&Authorization=Bearer " + RIGHT));
        tricks.add(new Trick("a request in the body", row.method() + " " + path, own + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n" + row.method() + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return tricks;
    }

    /** The status of the first answer; 0 when the connection is closed without one. */
    private int call(Trick trick) {
        try (Stranger stranger = new Stranger(port())) {
            byte[] body = trick.body().getBytes(StandardCharsets.ISO_8859_1);
            return stranger.send(trick.line() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + trick.head()
                    + (body.length == 0 || trick.head().contains("Transfer-Encoding") ? "" : "Content-Length: " + body.length + "\r\n") + "\r\n" + trick.body()).status();
        }
    }

    /** A token's name stands wherever something was done with it: job, pause, rollback, audit; and two of a name count at once. */
    @Test
    void namesWhoeverHasDoneSomething() throws IOException {
        ACCESS.write(AccessList.entry("crm", "writer", "the-next-of-crm"));
        String row = quoted("[{'email_address':'named@example.com','first_name':'N','last_name':'N'}]");
        await().until(() -> send("POST", "/sync/people?dryRun=true", row, as("the-next-of-crm")).statusCode() == 202);
        String job = json(send("POST", "/sync/people", row, as(AccessList.WRITER))).path("job").asText();
        assertThat(json(get("/sync/jobs/" + job, as(AccessList.READER))).path("by").asText()).isEqualTo("crm");
        await().until(() -> json(get("/sync/jobs/" + job, as(AccessList.READER))).path("state").asText().equals("done"));
        assertThat(get("/ops/audit?job=" + job + "&actor=crm", as(AccessList.OPERATOR)).body()).contains(quoted("'actor' : 'crm'"));
        assertThat(count("select count(*) from sync_job where actor <> 'crm'")).isZero();

        assertThat(json(send("POST", "/ops/pause", quoted("{'reason':'a test'}"), as(AccessList.OPERATOR))).path("by").asText()).isEqualTo("ada");
        assertThat(json(get("/ops/pause", as(AccessList.READER))).path("by").asText()).isEqualTo("ada");
        assertThat(send("POST", "/ops/resume", "", as(AccessList.OPERATOR)).statusCode()).isEqualTo(200);

        inMidWindow();
        assertThat(send("POST", "/ops/drills/expired-token", quoted("{'consent':true}"), as(AccessList.OPERATOR)).statusCode()).isEqualTo(200);
        assertThat(sql.queryForList("select distinct actor from audit_log where operation = 'drill' and at > now() - interval '1 minute'", String.class)).contains("ada");
        assertThat(json(send("POST", "/sync/pull", quoted("{'resource':'cadences'}"), as(SYNC_TOKEN))).path("resource").asText()).isEqualTo("cadences");
        assertThat(json(send("POST", "/sync/people?dryRun=true", row, AS_SYNC)).path("total").asInt()).isOne();
        assertThat(json(send("POST", "/sync/people?dryRun=true", row, AS_OPS)).path("total").asInt()).isOne();
        assertThat(sql.queryForList("select actor from sync_job order by actor", String.class)).containsExactly("crm", "crm", "ops", "sync");
    }

    /** In the log, too: on the thread of the request, on those it hands something to, and nowhere after it. */
    @Test
    void namesWhoeverAsksInTheLog() throws IOException {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
        AppenderBase<ILoggingEvent> recorder = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                events.add(event);
                lines.add(event.getMDCPropertyMap().get("user.name") + " " + event.getFormattedMessage());
            }
        };
        recorder.start();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(recorder);
        try {
            send("POST", "/ops/pause", "", as(AccessList.OPERATOR));
            send("POST", "/ops/resume", "", as(ISSUER.token(ISSUER.claims("248289761001", "operator"))));
            get("/ops/pause", as(WRONG));
        } finally {
            root.detachAppender(recorder);
        }
        assertThat(lines).contains("ada paused by ada", "oidc:248289761001 resumed by oidc:248289761001")
                .noneMatch(line -> line.contains(AccessList.OPERATOR) || line.contains(WRONG) || line.contains("eyJ"));
        assertThat(lines.stream().filter(line -> line.startsWith("ada ") || line.startsWith("oidc:"))).allMatch(line -> line.contains("paused by ada") || line.contains("resumed by oidc:"));
        StructuredLogEncoder encoder = new StructuredLogEncoder();
        encoder.setContext((LoggerContext) LoggerFactory.getILoggerFactory());
        encoder.setFormat("ecs");
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.start();
        ILoggingEvent paused = events.stream().filter(event -> event.getFormattedMessage().equals("paused by ada")).findFirst().orElseThrow();
        assertThat(JSON.readTree(encoder.encode(paused)).at("/user/name").asText()).isEqualTo("ada");
    }

    /** Without a restart; a broken list leaves the one before it, and is seen in a metric. */
    @Test
    void takesAChangedListWithoutARestart() {
        assertThat(get("/sync/status", as("a-new-one")).statusCode()).isEqualTo(401);
        ACCESS.write(AccessList.entry("new", "reader", "a-new-one"));
        await().until(() -> get("/sync/status", as("a-new-one")).statusCode() == 200);
        ACCESS.replace("- {name: new, role: reader}");
        await().until(() -> metric("salesloft_access_list_broken") == 1);
        assertThat(get("/sync/status", as("a-new-one")).statusCode()).isEqualTo(200);
        ACCESS.write("");
        await().until(() -> get("/sync/status", as("a-new-one")).statusCode() == 401);
        await().until(() -> metric("salesloft_access_list_broken") == 0);
    }

    /** Guesses are counted and slowed, by address; whoever has a token that counts gets in from there all the same. */
    @Test
    void slowsWhoeverGuessesAndNobodyElse() {
        double slowed = metric("salesloft_access_refused_total", "reason=slowed");
        double unknown = metric("salesloft_access_refused_total", "reason=unknown");
        double missing = metric("salesloft_access_refused_total", "reason=missing");
        double role = metric("salesloft_access_refused_total", "reason=role");
        for (int i = 0; i < 10; i++) {
            assertThat(get("/ops/pause", as("guess-" + i)).statusCode()).isEqualTo(401);
        }
        HttpResponse<String> late = get("/ops/pause", as("guess"));
        assertThat(late.statusCode()).isEqualTo(429);
        assertThat(late.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(Integer.parseInt(late.headers().firstValue("Retry-After").orElseThrow())).isBetween(1, 6);
        // Neither another path, nor OPTIONS, nor a header that anybody can send is a way around.
        assertThat(get("/sync/jobs", as("guess")).statusCode()).isEqualTo(429);
        assertThat(get("/sync/jobs", "Authorization", "Bearer guess", "X-Forwarded-For", "198.51.100.7").statusCode()).isEqualTo(429);
        assertThat(send("OPTIONS", "/ops/pause", null, as("guess")).statusCode()).isEqualTo(401);
        assertThat(get("/ops/pause", AS_OPS).statusCode()).isEqualTo(200);
        assertThat(get("/ops/pause", as(AccessList.READER)).statusCode()).isEqualTo(200);
        assertThat(get("/sync/status", AS_SYNC).statusCode()).isEqualTo(200);
        assertThat(get("/ops/pause").statusCode()).isEqualTo(401);
        assertThat(send("POST", "/ops/pause", "", as(AccessList.READER)).statusCode()).isEqualTo(401);
        assertThat(metric("salesloft_access_refused_total", "reason=unknown") - unknown).isEqualTo(10);
        assertThat(metric("salesloft_access_refused_total", "reason=slowed") - slowed).isEqualTo(4);
        assertThat(metric("salesloft_access_refused_total", "reason=missing") - missing).isOne();
        assertThat(metric("salesloft_access_refused_total", "reason=role") - role).isOne();
    }

    /** Tokens of an identity provider count by their roles; while it is away, those whose key is not known are not taken for good or bad. */
    @Test
    void takesTokensOfTheIssuer() {
        assertThat(get("/ops/budget", as(ISSUER.token(ISSUER.claims("a", "reader")))).statusCode()).isEqualTo(200);
        assertThat(get("/ops/budget", as(ISSUER.token(ISSUER.claims("a", "writer")))).statusCode()).isEqualTo(401);
        assertThat(get("/sync/jobs", as(ISSUER.token(ISSUER.claims("a", "writer", "reader")))).statusCode()).isEqualTo(200);
        ISSUER.away(true);
        ISSUER.rotate("made-while-away");
        HttpResponse<String> unverified = get("/ops/budget", as(ISSUER.token(ISSUER.claims("a", "reader"))));
        assertThat(unverified.statusCode()).isEqualTo(503);
        assertThat(unverified.headers().firstValue("Retry-After")).hasValue("5");
        assertThat(unverified.body()).contains("cannot be asked for the key");
    }

    private static String[] as(String token) {
        return new String[] {"Authorization", "Bearer " + token};
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
