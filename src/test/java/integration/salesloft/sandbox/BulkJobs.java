package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * SalesLoft's bulk jobs of the type {@code person/upsert}: made, filled while they are open, and worked off some time after they were
 * marked ready. Results are in no order of the upload's, as nobody has promised one.
 */
final class BulkJobs implements AutoCloseable {

    private static final int MOST_RECORDS = 5_000;
    private static final int LARGEST_PAGE = 100;
    private static final int STANDARD_PAGE = 25;

    private static final class Job {
        private final ObjectNode shown;
        /** By their ids. */
        private final TreeMap<Long, ObjectNode> records = new TreeMap<>();

        private Job(ObjectNode shown) {
            this.shown = shown;
        }

        private boolean is(String state) {
            return shown.path("state").asText().equals(state);
        }
    }

    private final Writes writes;
    private final Supplier<Settings> settings;
    private final BiConsumer<String, byte[]> announce;
    private final TreeMap<Long, Job> jobs = new TreeMap<>();
    private final Random order = new Random(42);
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sandbox-bulk");
        thread.setDaemon(true);
        return thread;
    });
    private long lastJob = 210;
    private long lastRecord = 9_000;

    BulkJobs(Writes writes, Supplier<Settings> settings, BiConsumer<String, byte[]> announce) {
        this.writes = writes;
        this.settings = settings;
        this.announce = announce;
    }

    /**
     * Answers a call.
     *
     * @param path what follows {@code /v2/bulk_jobs}
     * @throws Refusal when SalesLoft would turn it down
     */
    synchronized Answer answer(Call call, String path) {
        if (path.isEmpty()) {
            return switch (call.method) {
                case "GET" -> list(call);
                case "POST" -> Answer.data(create(call.fields()));
                default -> throw Refusal.methodNotAllowed();
            };
        }
        String[] parts = path.substring(1).split("/");
        Job job = parts[0].matches("\\d{1,18}") ? jobs.get(Long.parseLong(parts[0])) : null;
        if (job == null) {
            throw Refusal.notFound();
        }
        return switch (call.method + " " + (parts.length > 1 ? parts[1] : "")) {
            case "GET " -> Answer.data(job.shown);
            case "PUT " -> Answer.data(change(job, call.fields()));
            case "POST job_data" -> Answer.data(Json.object().put("records", fill(job, call.fields())));
            case "GET job_data" -> page(call, job);
            case "GET results" -> job.is("done") ? page(call, job) : Answer.data(Json.MAPPER.createArrayNode());
            default -> throw Refusal.notFound();
        };
    }

    private ObjectNode create(ObjectNode sent) {
        if (!sent.path("type").asText().equals("person/upsert")) {
            throw refused("type", "is not included in the list");
        }
        ObjectNode shown = Json.object().put("id", ++lastJob).put("type", "person/upsert").put("name", sent.path("name").asText(null)).put("state", "open")
                .put("ready_to_execute", false).put("total", 0).put("processed", 0).put("errors", 0)
                .put("created_at", Moment.utc(Moment.now())).put("updated_at", Moment.utc(Moment.now())).putNull("started_at").putNull("finished_at").putNull("marked_ready_at");
        shown.putArray("scopes");
        jobs.put(lastJob, new Job(shown));
        return shown;
    }

    private ObjectNode change(Job job, ObjectNode sent) {
        open(job);
        if (sent.hasNonNull("name")) {
            job.shown.set("name", sent.get("name"));
        }
        if (sent.path("ready_to_execute").asBoolean()) {
            job.shown.put("ready_to_execute", true).put("state", "executing").put("marked_ready_at", Moment.utc(Moment.now()));
            later(job, settings.get().number("bulkMs"));
        }
        return job.shown;
    }

    private int fill(Job job, ObjectNode sent) {
        open(job);
        if (!sent.path("data").isArray() || sent.path("data").size() > MOST_RECORDS) {
            throw refused("data", "must be an array of " + MOST_RECORDS + " records or less");
        }
        List<JsonNode> records = new ArrayList<>();
        sent.path("data").forEach(record -> {
            if (settings.get().is("strict")) {
                Operations.checkUpsert((ObjectNode) record);
            }
            records.add(record);
        });
        Collections.shuffle(records, order);
        records.forEach(record -> {
            ObjectNode shown = Json.object().put("id", ++lastRecord);
            shown.set("record", record);
            job.records.put(lastRecord, shown.put("status", "pending").putNull("resource").putNull("error"));
        });
        job.shown.put("total", job.records.size());
        return records.size();
    }

    private static void open(Job job) {
        if (!job.is("open")) {
            throw refused("base", "Bulk job is not open");
        }
    }

    private void later(Job job, long millis) {
        worker.schedule(() -> {
            if (settings.get().is("bulkHeld")) {
                later(job, 20);
            } else {
                work(job);
            }
        }, millis, TimeUnit.MILLISECONDS);
    }

    private void work(Job job) {
        int errors = 0;
        for (ObjectNode record : job.records.values()) {
            try {
                record.set("resource", writes.upsert(Resource.PEOPLE, "person", (ObjectNode) record.get("record").deepCopy()));
                record.put("status", "success");
            } catch (Refusal e) {
                errors++;
                record.put("status", "error").put("error", message(e));
            }
        }
        byte[] shown;
        synchronized (this) {
            job.shown.put("processed", job.records.size()).put("errors", errors).put("state", "done")
                    .put("started_at", job.shown.path("marked_ready_at").asText()).put("finished_at", Moment.utc(Moment.now())).put("updated_at", Moment.utc(Moment.now()));
            shown = Json.bytes(job.shown);
        }
        announce.accept("bulk_job_completed", shown);
    }

    /** Such as {@code Email address has already been taken}. */
    private static String message(Refusal refusal) {
        JsonNode errors = refusal.body.path("errors");
        if (errors.isEmpty()) {
            return refusal.body.path("error").asText();
        }
        List<String> all = new ArrayList<>();
        errors.properties().forEach(field -> field.getValue().forEach(problem -> all.add(field.getKey() + " " + problem.asText())));
        return String.join(", ", all);
    }

    private Answer list(Call call) {
        String states = call.query.one("state");
        ArrayNode found = Json.MAPPER.createArrayNode();
        jobs.tailMap(after(call), false).values().stream().filter(job -> states == null || List.of(states.split(",")).contains(job.shown.path("state").asText()))
                .limit(perPage(call)).forEach(job -> found.add(job.shown));
        return Answer.data(found);
    }

    private Answer page(Call call, Job job) {
        String status = call.query.one("status");
        ArrayNode found = Json.MAPPER.createArrayNode();
        job.records.tailMap(after(call), false).values().stream().filter(record -> status == null || List.of(status.split(",")).contains(record.path("status").asText()))
                .limit(perPage(call)).forEach(found::add);
        return Answer.data(found);
    }

    private static long after(Call call) {
        return call.query.parameters().stream().filter(parameter -> parameter.name().equals("id") && "gt".equals(parameter.key()))
                .mapToLong(parameter -> Long.parseLong(parameter.value())).findFirst().orElse(0);
    }

    private static long perPage(Call call) {
        return Math.min(LARGEST_PAGE, call.query.number("per_page", STANDARD_PAGE));
    }

    /** How many there are in a state. */
    synchronized int count(String state) {
        return (int) jobs.values().stream().filter(job -> job.is(state)).count();
    }

    private static Refusal refused(String field, String problem) {
        return Refusal.invalid(Json.object().set(field, Json.MAPPER.createArrayNode().add(problem)));
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
