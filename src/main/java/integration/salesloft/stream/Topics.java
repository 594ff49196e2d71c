package integration.salesloft.stream;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;

/**
 * The topics that the outbox writes to: looks for each once a fence, and creates those that are missing. One that is not ours
 * to create is looked for again after a minute; what waits for it holds up nothing else.
 */
public class Topics {

    private static final Logger LOG = LoggerFactory.getLogger("outbox");

    private static final Duration RETRY = Duration.ofMinutes(1);

    private final Map<String, Object> connection = new HashMap<>();
    private final Map<String, String> compacted = new HashMap<>(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    private final String prefix;
    private final Set<String> streams;
    private final Set<String> checked = new HashSet<>();
    private final Map<String, Instant> refused = new TreeMap<>();
    private long checkedBy = -1;

    /**
     * @param settings KAFKA_BROKERS, KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM and KAFKA_SASL_JAAS_CONFIG (may be empty)
     * @param prefix   of a topic's name, before that of its resource
     * @param streams  resources, comma between, whose topics keep all they were sent, as long as the broker keeps anything; all others
     *                 are compacted, because a record's last version is all that counts
     */
    public Topics(Environment settings, String prefix, String streams) {
        this.prefix = prefix;
        this.streams = Stream.of(streams.split(",")).map(resource -> prefix + resource).collect(Collectors.toSet());
        connection.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.getRequiredProperty("salesloft.kafka-brokers"));
        connection.put(AdminClientConfig.SECURITY_PROTOCOL_CONFIG, settings.getRequiredProperty("salesloft.kafka-security-protocol"));
        connection.put(SaslConfigs.SASL_MECHANISM, settings.getRequiredProperty("salesloft.kafka-sasl-mechanism"));
        setAnsweredWithin(10_000);
        String jaasConfig = settings.getRequiredProperty("salesloft.kafka-sasl-jaas-config");
        if (!jaasConfig.isEmpty()) {
            connection.put(SaslConfigs.SASL_JAAS_CONFIG, jaasConfig);
        }
    }

    /** @param compactedWithin milliseconds after which Kafka is to have removed the versions of a record that were overtaken; left to the broker when it is not set */
    public void setCompactedWithin(long compactedWithin) {
        compacted.put(TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG, Long.toString(compactedWithin));
    }

    /** @param answeredWithin milliseconds within which Kafka has to answer, by half of which it is asked once more; ten seconds when it is not set */
    public final void setAnsweredWithin(int answeredWithin) {
        connection.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, answeredWithin);
        connection.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, answeredWithin / 2);
    }

    /**
     * Sees to it that there is a topic for each of these resources, with the broker's own number of partitions and replicas.
     *
     * @param resources comma between
     * @throws IllegalStateException when Kafka does not answer in time, or, once a minute, when it does not let us
     *     create what is missing; its message names the topics and the cause
     */
    public synchronized void ensure(long fence, String resources) throws InterruptedException {
        if (fence != checkedBy) {
            checked.clear();
            checkedBy = fence;
        }
        List<String> wanted = Stream.of(resources.split(",")).map(resource -> prefix + resource.strip())
                .filter(topic -> !checked.contains(topic) && !waits(topic)).toList();
        if (wanted.isEmpty()) {
            return;
        }
        try (Admin admin = Admin.create(connection)) {
            Set<String> there = new HashSet<>(admin.listTopics().names().get());
            there.addAll(create(admin, wanted.stream().filter(topic -> !there.contains(topic)).toList()));
            warnOfUncompacted(admin, wanted.stream().filter(there::contains).filter(topic -> !streams.contains(topic)).toList());
            checked.addAll(wanted);
            wanted.forEach(refused::remove);
        } catch (ExecutionException e) {
            throw new IllegalStateException("KAFKA_BROKERS: " + e.getCause().getMessage(), e.getCause());
        }
    }

    /** As {@link #ensure}, for the resources of rows of the outbox. */
    public void ensureAll(long fence, List<Map<String, Object>> rows) throws InterruptedException {
        ensure(fence, rows.stream().map(row -> row.get("resource").toString()).distinct().collect(Collectors.joining(",")));
    }

    /** The resources, comma between, whose rows wait because there is no topic for them and none can be created. */
    public synchronized String missing() {
        return refused.keySet().stream().filter(this::waits).map(topic -> topic.substring(prefix.length())).collect(Collectors.joining(","));
    }

    private boolean waits(String topic) {
        return refused.containsKey(topic) && refused.get(topic).plus(RETRY).isAfter(Instant.now());
    }

    /** Those that somebody else has created meanwhile, as another replica does that starts at the same time. */
    private List<String> create(Admin admin, List<String> missing) throws InterruptedException, ExecutionException {
        List<String> created = new ArrayList<>();
        List<String> createdByOthers = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        Throwable cause = null;
        for (Map.Entry<String, KafkaFuture<Void>> topic : admin.createTopics(missing.stream().map(topic -> new NewTopic(topic, Optional.empty(), Optional.empty())
                .configs(streams.contains(topic) ? Map.of() : compacted)).toList()).values().entrySet()) {
            try {
                topic.getValue().get();
                created.add(topic.getKey());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RetriableException) {
                    throw e;
                }
                if (e.getCause() instanceof TopicExistsException) {
                    createdByOthers.add(topic.getKey());
                } else {
                    refused.put(topic.getKey(), Instant.now());
                    failed.add(topic.getKey());
                    cause = e.getCause();
                }
            }
        }
        if (!created.isEmpty()) {
            LOG.info("created the topics {}", named(created));
        }
        if (cause != null) {
            throw new IllegalStateException("missing, and not ours to create: the topics " + named(failed) + " (" + cause.getMessage() + ")", cause);
        }
        return createdByOthers;
    }

    private String named(List<String> topics) {
        return topics.stream().sorted().map(topic -> streams.contains(topic) ? topic : topic + " (compacted)").collect(Collectors.joining(", "));
    }

    private static void warnOfUncompacted(Admin admin, List<String> topics) throws InterruptedException, ExecutionException {
        List<ConfigResource> resources = topics.stream().map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic)).toList();
        admin.describeConfigs(resources).all().get().forEach((topic, config) -> {
            if (!config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value().contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
                LOG.warn("topic {} is not compacted: it forgets records by age, and not by what is newer", topic.name());
            }
        });
    }
}
