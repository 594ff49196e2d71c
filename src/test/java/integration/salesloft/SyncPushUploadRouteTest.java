package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Taking people to write: what becomes a job, what a row of it, and what neither. Nothing is pushed here: the container is paused. */
class SyncPushUploadRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @BeforeEach
    void pause() {
        sql.update("update control set paused = true, by = 'test', since = now()");
    }

    @Test
    void takesAnObjectAnArrayLinesOrATable() throws Exception {
        assertThat(taken(null, quoted("{'email_address':'a@example.com'}"))).isEqualTo(1);
        assertThat(taken("application/json; charset=utf-8", quoted("[{'email_address':'a@example.com'},{'email_address':'b@example.com'}]"))).isEqualTo(2);
        assertThat(taken("application/x-www-form-urlencoded", quoted("{'email_address':'a@example.com'}"))).isEqualTo(1); // what curl says of everything
        assertThat(taken("application/x-ndjson", quoted("{'email_address':'a@example.com'}\n\n{'email_address':'b@example.com'}\r\n{'email_address':'c@example.com'}"))).isEqualTo(3);
        assertThat(taken("text/csv", "email_address,title\na@example.com,CEO\n\"b@example.com\",\"C,\n\"\"TO\"\"\"\n")).isEqualTo(2);
        assertThat(sql.queryForObject("select fields ->> 'title' from sync_row where email = 'b@example.com' and fields ->> 'title' is not null", String.class)).isEqualTo("C,\n\"TO\"");
        assertThat(count("select count(*) from sync_row where state = 'open' and cardinality(identities) = 1")).isEqualTo(9);
        assertThat(count("select count(*) from sync_identity")).isEqualTo(9);
    }

    /** An empty cell says nothing of its field; a byte order mark is no part of a name; types are those of the fields. */
    @Test
    void readsATableByTheTypesOfItsFields() throws Exception {
        taken("text/csv", "\ufeffemail_address,first_name,do_not_contact,owner_id,tags,custom_fields.Size,reenroll,cadence_id\na@example.com,,TRUE, 7 ,\"x; y\",12,true,3\nb@example.com,B,,,,,,\n");
        assertThat(sql.queryForObject("select cast(fields as text) from sync_row where number = 2", String.class)).isEqualTo(quoted("{'first_name': 'B', 'email_address': 'b@example.com'}"));
        assertThat(JSON.readTree(sql.queryForObject("select cast(fields as text) from sync_row where number = 1", String.class)))
                .isEqualTo(JSON.readTree(quoted("{'email_address':'a@example.com','do_not_contact':true,'owner_id':7,'tags':['x','y'],'custom_fields':{'Size':'12'}}")));
        assertThat(count("select count(*) from sync_row where reenroll and cadence_id = 3")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {}|nothing says who this is: crm_id, email_address, or phone with last_name
        {"email_address":"no address"}|email_address is not an e-mail address
        {"email_address":"a@b"}|email_address is not an e-mail address
        {"email_address":"a@example.com","favourite":1,"emial":2}|unknown field emial; unknown field favourite
        {"email_address":7}|email_address must be of type string
        {"email_address":"a@example.com","owner_id":"7","tags":[1]}|owner_id must be of type integer; tags must be a list of strings
        {"email_address":"a@example.com","owner_id":7.5}|owner_id must be of type integer
        {"email_address":"a@example.com","do_not_contact":"yes"}|do_not_contact must be of type boolean
        {"email_address":"a@example.com","id":7}|id is SalesLoft's, and goes with match id
        {"match":"id"}|match is id, and there is no id
        {"match":"name","email_address":"a@example.com"}|match must be id, crm_id or email
        {"match":"crm_id","email_address":"a@example.com"}|match is crm_id, and there is no crm_id
        {"match":"email","crm_id":"7"}|match is email, and there is no email_address
        {"phone":"555"}|nothing says who this is: crm_id, email_address, or phone with last_name
        7|not a JSON object
        []|not a JSON object
        null|not a JSON object
        """)
    void failsAloneWhatIsNotValid(String row, String error) throws Exception {
        double failed = metric("salesloft_push_rows_total", "outcome=failed");
        assertThat(taken(null, quoted("[%s,{'email_address':'good@example.com'}]", row))).isEqualTo(2);
        assertThat(sql.queryForMap("select state, outcome, error from sync_row where number = 1")).isEqualTo(Map.of("state", "done", "outcome", "failed", "error", error));
        assertThat(JSON.readTree(sql.queryForObject("select cast(original as text) from sync_row where number = 1", String.class))).isEqualTo(JSON.readTree(row));
        assertThat(count("select count(*) from sync_row where number = 2 and state = 'open'")).isEqualTo(1);
        assertThat(metric("salesloft_push_rows_total", "outcome=failed") - failed).isEqualTo(1);
    }

    @Test
    void failsAloneWhatCannotBeRead() throws Exception {
        assertThat(taken("application/x-ndjson", """
                {"email_address": "a@example.com"}
                not json
                {} {}
                {"email_address": "b@example.com", "title": "\\u0000\\ud800é"}
                {"email_address": "c@example.com", "n": 1e200000}
                {"email_address": "d@example.com", "title": "%s"}
                """.formatted("x".repeat(1 << 20)))).isEqualTo(6);
        assertThat(sql.queryForList("select number from sync_row where state = 'open' order by number", Integer.class)).containsExactly(1, 4);
        assertThat(sql.queryForObject("select fields ->> 'title' from sync_row where number = 4", String.class)).isEqualTo("\ufffd\ufffdé");
        assertThat(sql.queryForList("select error from sync_row where state = 'done' order by number", String.class)).satisfiesExactly(
                error -> assertThat(error).startsWith("not JSON: Unrecognized token 'not'"), error -> assertThat(error).isEqualTo("more than one JSON value"),
                error -> assertThat(error).isEqualTo("value overflows numeric format"), error -> assertThat(error).isEqualTo("longer than 1048576 characters"));
        assertThat(taken("text/csv", "email_address,title\na@example.com\nb@example.com,x,y\nc@example.com,z\n")).isEqualTo(3);
        assertThat(sql.queryForList("select error from sync_row where error like 'has%' order by number", String.class)).containsExactly("has 1 cells, the first line 2", "has 3 cells, the first line 2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "application/json|`[{'email_address':'a@example.com'},{'email`|cannot be read at line 1, column",
        "application/json|`[{'email_address':'a@example.com'}`|after 1 rows: Unexpected end-of-input",
        "application/json|`[] []`|more than one JSON value",
        "application/json|`{'email_address':'a@example.com'}{}`|rows by the line are application/x-ndjson",
        "application/json|nonsense|cannot be read at line 1, column 9, after 0 rows: Unrecognized token 'nonsense'",
        "application/json|[]|no rows",
        "application/json|``|no rows",
        "application/x-ndjson|``|no rows",
        "text/csv|email_address|no rows",
        "text/csv|`email_address,email_address\na,b`|column 2 has the name of another, email_address",
        "text/csv|`email_address,\na,b`|column 2 has no name"})
    void makesNoJobOfWhatCannotBeReadAsAWhole(String type, String body, String detail) throws Exception {
        HttpResponse<String> answer = upload(type, quoted(body));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).path("detail").asText()).contains(detail);
        assertThat(count("select (select count(*) from sync_job) + (select count(*) from sync_row) + (select count(*) from sync_identity)")).isZero();
    }

    @Test
    void refusesOtherThanUtf8() throws Exception {
        for (String type : List.of("application/json", "text/csv", "application/x-ndjson")) {
            try (Socket socket = new Socket(webhooks().getHost(), webhooks().getPort())) {
                byte[] body = (type.equals("text/csv") ? "email_address\né\n" : quoted("{'email_address':'é'}")).getBytes(StandardCharsets.ISO_8859_1);
                socket.getOutputStream().write(head(type, body.length).getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().write(body);
                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 400");
            }
        }
        assertThat(count("select count(*) from sync_row")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?dryRun=maybe", "?onExisting=replace", "?onExisting="})
    void refusesWhatItDoesNotKnow(String query) {
        HttpResponse<String> answer = send("POST", "/sync/people" + query, "{}", AS_SYNC);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(query.substring(1).split("=")[0] + ": must be");
    }

    @Test
    void letsInWhoHasAToken() {
        assertThat(send("POST", "/sync/people", "{}").statusCode()).isEqualTo(401);
        assertThat(send("POST", "/sync/people", "{}", "Authorization", "Bearer other").statusCode()).isEqualTo(401);
        assertThat(send("POST", "/sync/people", "{}", AS_OPS).statusCode()).isEqualTo(202);
        assertThat(sql.queryForList("select actor from sync_job", String.class)).containsExactly("ops");
        assertThat(get("/sync/people", AS_OPS).statusCode()).isEqualTo(405);
    }

    @Test
    void takesTheSameUploadOnce() throws Exception {
        String body = quoted("[{'email_address':'a@example.com'},{'email_address':'b@example.com'}]");
        HttpResponse<String> first = keyed("k-1", "", body);
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(keyed("k-1", "", body).body()).isEqualTo(first.body());
        for (HttpResponse<String> other : List.of(keyed("k-1", "", body + " "), keyed("k-1", "?dryRun=true", body), keyed("k-1", "", "{}"))) {
            assertThat(other.statusCode()).isEqualTo(422);
            assertThat(other.body()).contains("this Idempotency-Key was used for another upload, job " + JSON.readTree(first.body()).path("job").asText());
        }
        assertThat(keyed("k 1", "", body).statusCode()).isEqualTo(400);
        assertThat(keyed("k".repeat(201), "", body).statusCode()).isEqualTo(400);
        assertThat(count("select count(*) from sync_row")).isEqualTo(2);
        assertThat(count("select count(*) from sync_identity")).isEqualTo(2);
    }

    /** Another upload with the key is committed while this one waits for it: asked again, it is known. */
    @Test
    void makesOneJobOfUploadsAtTheSameTime() throws Exception {
        try (Connection other = sql.getDataSource().getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("insert into sync_job (job, idempotency_key, digest, actor, on_existing, dry_run, total) "
                    + "values ('00000000-0000-0000-0000-000000000001', 'together', 'other', 'sync', 'update', false, 1)");
            CompletableFuture<HttpResponse<String>> upload = CompletableFuture.supplyAsync(() -> keyed("together", "", quoted("{'email_address':'a@example.com'}")));
            await().until(() -> count("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%sync_job%'") == 1);
            other.commit();
            assertThat(upload.join().statusCode()).isEqualTo(409);
        }
        assertThat(keyed("together", "", "{}").statusCode()).isEqualTo(422);
        assertThat(count("select count(*) from sync_job")).isEqualTo(1);
        assertThat(count("select (select count(*) from sync_row) + (select count(*) from sync_identity)")).isZero();
    }

    /** Whoever is cut off leaves nothing, and may send it all again. */
    @Test
    void forgetsAnUploadThatIsCutOff() throws Exception {
        String rows = IntStream.range(0, 1_200).mapToObj(i -> quoted("{'email_address':'p%s@example.com'}", i)).collect(Collectors.joining("\n"));
        try (Socket socket = new Socket(webhooks().getHost(), webhooks().getPort())) {
            socket.getOutputStream().write((head("application/x-ndjson", rows.length() * 2) + rows).getBytes(StandardCharsets.US_ASCII));
            await().until(() -> count("select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'") > 0);
        }
        await().until(() -> count("select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'") == 0);
        assertThat(count("select (select count(*) from sync_job) + (select count(*) from sync_row)")).isZero();
        assertThat(taken("application/x-ndjson", rows)).isEqualTo(1_200);
    }

    /** As many as may are uploading: the next one is told so at once, and everything else is answered as ever. */
    @Test
    void letsNoMoreUploadAtOnceThanMay() throws Exception {
        int admitted = admitted("sync-push-upload-admission");
        List<Socket> uploads = new ArrayList<>();
        try {
            for (int i = 0; i < admitted; i++) {
                Socket socket = new Socket(webhooks().getHost(), webhooks().getPort());
                uploads.add(socket);
                socket.getOutputStream().write((head("application/x-ndjson", 100_000) + "{").getBytes(StandardCharsets.US_ASCII));
            }
            // Not asked before all of them are in: a question is an upload, too, and would take the place of one.
            await().until(() -> {
                goOn(uploads);
                return camel.getInflightRepository().size("sync-push-upload") == admitted;
            });
            await().until(() -> {
                goOn(uploads);
                return upload("application/json", "{}").statusCode() == 503;
            });
            goOn(uploads);
            assertThat(get("/sync/status", AS_OPS).statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : uploads) {
                socket.close();
            }
        }
        await().until(() -> upload("application/json", "{}").statusCode() == 202);
    }

    /** Whoever sends nothing for five seconds is cut off. */
    private static void goOn(List<Socket> uploads) throws IOException {
        for (Socket upload : uploads) {
            upload.getOutputStream().write(' ');
        }
    }

    /** Each record a row under its place in the topic, unless it brings a key; what is no row fails alone, and a record that comes again is done once. */
    @Test
    void takesCommandsFromKafka() throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", KAFKA.brokers()), new StringSerializer(), new StringSerializer())) {
            for (String value : new String[] {quoted("{'email_address':'a@example.com'}"), quoted("{'email_address':'b@example.com','key':'mine'}"), "nonsense", null}) {
                producer.send(new ProducerRecord<>("salesloft.commands", "any", value)).get();
            }
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_row") == 4);
        assertThat(sql.queryForList("select distinct actor from sync_job", String.class)).containsExactly("kafka");
        assertThat(sql.queryForList("select key from sync_row where state = 'open' order by seq", String.class)).satisfiesExactly(
                key -> assertThat(key).matches("salesloft\\.commands:\\d+:\\d+"), key -> assertThat(key).isEqualTo("mine"));
        assertThat(sql.queryForList("select error from sync_row where state = 'done' order by seq", String.class)).satisfiesExactly(
                error -> assertThat(error).startsWith("not JSON"), error -> assertThat(error).isEqualTo("empty"));
        assertThat(sql.queryForObject("select sum(total) from sync_job", Integer.class)).isEqualTo(4);
    }

    private int taken(String type, String body) throws Exception {
        HttpResponse<String> answer = upload(type, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        assertThat(count("select total from sync_job where cast(job as text) = ?", JSON.readTree(answer.body()).path("job").asText())).isEqualTo(JSON.readTree(answer.body()).path("total").asInt());
        return JSON.readTree(answer.body()).path("total").asInt();
    }

    private HttpResponse<String> upload(String type, String body) {
        return type == null ? send("POST", "/sync/people", body, AS_SYNC)
                : send("POST", "/sync/people", body, "Authorization", "Bearer " + SYNC_TOKEN, "Content-Type", type);
    }

    private HttpResponse<String> keyed(String key, String query, String body) {
        return send("POST", "/sync/people" + query, body, "Authorization", "Bearer " + SYNC_TOKEN, "Idempotency-Key", key);
    }

    private String head(String type, int length) {
        URI here = webhooks();
        return "POST /sync/people HTTP/1.1\r\nHost: " + here.getHost() + "\r\nAuthorization: Bearer " + SYNC_TOKEN + "\r\nContent-Type: " + type + "\r\nContent-Length: " + length + "\r\n\r\n";
    }
}
