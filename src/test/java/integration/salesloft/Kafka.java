package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.stream.RefusedTopics;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.springframework.util.FileSystemUtils;

/** A real Kafka of one broker, as a process that can be stopped and started again with its data. */
public final class Kafka implements AutoCloseable {

    private static final Queue<Kafka> IDLE = new ConcurrentLinkedQueue<>();

    private final Path directory;
    private final int port;
    private final boolean lent;
    private Process process;

    private Kafka(Path directory, int port, boolean lent) {
        this.directory = directory;
        this.port = port;
        this.lent = lent;
    }

    /** The one that all tests of this JVM share which leave it running. */
    public static Kafka shared() {
        return Shared.KAFKA;
    }

    /** Started when it is first needed. */
    private static final class Shared {

        private static final Kafka KAFKA = start("create.topic.policy.class.name=" + RefusedTopics.class.getName()).untilTheEnd();
    }

    /** One without topics, for whoever stops it or counts what is in it. Once closed it is emptied for the next, which costs less than a start. */
    public static Kafka lend() {
        Kafka kafka = IDLE.poll();
        if (kafka == null) {
            kafka = start(true).untilTheEnd();
        }
        return kafka;
    }

    /** Runs until this JVM ends. */
    private Kafka untilTheEnd() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
        return this;
    }

    /** Starts one on free ports; properties of the broker may be added, name=value. */
    public static Kafka start(String... properties) {
        return start(false, properties);
    }

    private static Kafka start(boolean lent, String... properties) {
        try {
            Kafka kafka = new Kafka(Files.createTempDirectory("kafka"), FreePort.find(), lent);
            kafka.format(FreePort.find(), String.join("\n", properties));
            return kafka.up();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void format(int controllerPort, String more) throws Exception {
        Files.writeString(directory.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@localhost:%1$d
                listeners=PLAINTEXT://localhost:%2$d,CONTROLLER://localhost:%1$d
                advertised.listeners=PLAINTEXT://localhost:%2$d
                controller.listener.names=CONTROLLER
                inter.broker.listener.name=PLAINTEXT
                log.dirs=%3$s
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=1
                offsets.topic.num.partitions=1
                group.initial.rebalance.delay.ms=0
                metadata.max.idle.interval.ms=0
                log.cleaner.dedupe.buffer.size=4194304
                log.cleaner.backoff.ms=1000
                %4$s
                """.formatted(controllerPort, port, directory.resolve("data"), more));
        Files.createDirectory(directory.resolve("data"));
        new Formatter().setPrintStream(new PrintStream(PrintStream.nullOutputStream())).setNodeId(1)
                .setClusterId(Uuid.randomUuid().toString()).addDirectory(directory.resolve("data").toString())
                .setMetadataLogDirectory(directory.resolve("data").toString()).setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.latestProduction()).run();
    }

    public Kafka up() {
        try {
            List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1", "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote", "-XX:+UseSerialGC", "-Xmx384m", "-XX:MetaspaceSize=128m"));
            command.addAll(KafkaArchive.options(directory, lent));
            command.addAll(List.of("kafka.Kafka", directory.resolve("server.properties").toString()));
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile())).start();
            // Before that its clients would only warn that nobody is there.
            await().atMost(Duration.ofSeconds(60)).until(() -> listens() || !process.isAlive());
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers()))) {
                await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
                    if (!process.isAlive()) {
                        throw new AssertionError("Kafka did not start:\n" + Files.readString(directory.resolve("log")));
                    }
                    return admin.describeCluster().nodes().get(2, TimeUnit.SECONDS).size() == 1;
                });
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket("localhost", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** SIGTERM, and waits until it is gone. */
    public void down() {
        process.destroy();
        try {
            if (process.waitFor(30, TimeUnit.SECONDS)) {
                KafkaArchive.keep(directory);
            } else {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SIGSTOP: connections stay open, and nothing answers. */
    public void freeze() {
        Signal.STOP.send(process.pid());
    }

    /** SIGCONT. */
    public void wake() {
        Signal.CONT.send(process.pid());
    }

    /**
     * The last record of each key that a consumer sees who begins at the beginning and reads to the end, once there are so many keys. Fails
     * when the header change of a key falls, but for changes that come again: a publisher that is killed before it has noted that Kafka has a
     * batch has all of it sent once more. The last is the newest one then, too, which compaction keeps.
     */
    public Map<String, ConsumerRecord<String, String>> last(String topic, int keys) {
        Map<String, ConsumerRecord<String, String>> last = new HashMap<>();
        Map<String, TreeSet<Long>> changes = new HashMap<>();
        read(List.of(topic), record -> {
            last.put(record.key(), record);
            TreeSet<Long> before = changes.computeIfAbsent(record.key(), key -> new TreeSet<>());
            if (before.add(change(record)) && before.last() != change(record)) {
                throw new AssertionError(topic + " " + record.key() + ": change " + change(record) + " after " + before.last());
            }
        }, () -> last.size() >= keys);
        assertThat(last).allSatisfy((key, record) -> assertThat(change(record)).as(topic + " " + key).isEqualTo(changes.get(key).last()));
        return last;
    }

    /** Every record that a consumer sees who begins at the beginning and reads to the end. */
    public List<ConsumerRecord<String, String>> all(String... topics) {
        return all(List.of(topics));
    }

    /** Of several topics. */
    public List<ConsumerRecord<String, String>> all(Collection<String> topics) {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        read(topics, all::add, () -> true);
        return all;
    }

    /**
     * To where the topics end once there is enough. Transactions that are under way there are waited for: one that is committed may still be,
     * for a moment.
     */
    private void read(Collection<String> topics, Consumer<ConsumerRecord<String, String>> each, BooleanSupplier enough) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers()));
                KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", brokers(),
                "isolation.level", "read_committed"), new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = topics.stream().flatMap(topic -> consumer.partitionsFor(topic).stream()).map(p -> new TopicPartition(p.topic(), p.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = new HashMap<>(ends(admin, partitions));
            await().pollInterval(Duration.ofMillis(1)).atMost(Duration.ofSeconds(60)).until(() -> {
                if (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                    consumer.poll(Duration.ofMillis(20)).forEach(each);
                    return false;
                }
                ends.putAll(ends(admin, partitions));
                return enough.getAsBoolean();
            });
        }
    }

    /** Behind the last record, also of a transaction that has not ended. */
    private static Map<TopicPartition, Long> ends(Admin admin, List<TopicPartition> partitions) {
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            admin.listOffsets(partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()))).all().get()
                    .forEach((partition, end) -> ends.put(partition, end.offset()));
            return ends;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The header change. */
    public static long change(ConsumerRecord<String, String> record) {
        return Long.parseLong(header(record, "change"));
    }

    public static String header(ConsumerRecord<String, String> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    /** Where it is, for KAFKA_BROKERS. */
    public String brokers() {
        return "localhost:" + port;
    }

    @Override
    public void close() {
        if (lent) {
            removeTopics();
            IDLE.add(this);
        } else {
            end();
        }
    }

    private void end() {
        down();
        FileSystemUtils.deleteRecursively(directory.toFile());
    }

    /** Leaves a member in a group that never answers again, as a replica does that was killed: who joins now waits until its session ends (a minute). */
    void joinAndDie(String group, String topic) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers()));
                KafkaConsumer<String, String> member = new KafkaConsumer<>(Map.of("bootstrap.servers", brokers(), "group.id", group,
                        "session.timeout.ms", "60000", "internal.leave.group.on.close", "false"), new StringDeserializer(), new StringDeserializer())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            member.subscribe(List.of(topic));
            await().until(() -> {
                member.poll(Duration.ofMillis(100));
                return !member.assignment().isEmpty();
            });
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void removeTopics() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers()))) {
            for (ConsumerGroupListing group : admin.listConsumerGroups().valid().get()) {
                if (admin.describeConsumerGroups(List.of(group.groupId())).describedGroups().get(group.groupId()).get().members().isEmpty()) {
                    continue; // all have left it by themselves
                }
                admin.removeMembersFromConsumerGroup(group.groupId(), new RemoveMembersFromConsumerGroupOptions()).all().get();
            }
            admin.deleteTopics(admin.listTopics().names().get()).all().get();
            await().until(() -> admin.listTopics().names().get().isEmpty());
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
