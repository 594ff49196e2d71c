package integration.salesloft.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import integration.salesloft.Kafka;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.Environment;
import org.springframework.mock.env.MockEnvironment;

/** What is said when there are no topics to write to. */
class TopicsTest {

    /** A broker that lets nobody create topics, as many companies' do; but for one. */
    @Test
    void namesWhatIsMissingAndNotOursToCreateAndGoesOnWithoutIt() throws Exception {
        String prefix = RefusedTopics.PREFIX;
        Topics topics = new Topics(settings(Kafka.shared().brokers()), prefix, "events,commands,results");
        assertThatThrownBy(() -> topics.ensure(1, "people,accounts")).isInstanceOf(IllegalStateException.class)
                .hasMessage("missing, and not ours to create: the topics %1$saccounts (compacted), %1$speople (compacted) (ask the platform team)", prefix);
        assertThat(topics.missing()).isEqualTo("accounts,people");
        topics.ensure(1, "people,users,accounts");
        ensure(topics, 2, "people,users,accounts");
        assertThat(topics.missing()).isEqualTo("accounts,people");
    }

    /** As replicas that start at the same time: what one has created meanwhile the others need not. */
    @Test
    void goesOnWithWhatAnotherHasCreatedMeanwhile() throws Exception {
        String resources = IntStream.range(0, 10).mapToObj(resource -> "r" + resource).collect(Collectors.joining(","));
        List<Topics> replicas = Stream.generate(() -> new Topics(settings(Kafka.shared().brokers()), "raced.", "events,commands,results")).limit(4).toList();
        ExecutorService threads = Executors.newFixedThreadPool(replicas.size());
        try {
            for (Future<Void> replica : threads.invokeAll(replicas.stream().map(replica -> (Callable<Void>) () -> {
                ensure(replica, 1, resources);
                return null;
            }).toList())) {
                replica.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(replicas).allSatisfy(replica -> assertThat(replica.missing()).isEmpty());
    }

    /** A broker may not know yet of what its controller has just created; whoever publishes asks again. */
    private static void ensure(Topics topics, long call, String resources) {
        await().pollInSameThread().ignoreExceptionsMatching(unknown -> unknown.getMessage().startsWith("KAFKA_BROKERS: ")).until(() -> {
            topics.ensure(call, resources);
            return true;
        });
    }

    @Test
    void namesTheSettingWhenNobodyAnswers() {
        Topics topics = new Topics(settings("localhost:1"), "salesloft.", "events,commands,results");
        topics.setAnsweredWithin(500);
        assertThatThrownBy(() -> topics.ensure(1, "people")).isInstanceOf(IllegalStateException.class).hasMessageStartingWith("KAFKA_BROKERS: ");
    }

    private static Environment settings(String brokers) {
        return new MockEnvironment().withProperty("salesloft.kafka-brokers", brokers).withProperty("salesloft.kafka-security-protocol", "PLAINTEXT")
                .withProperty("salesloft.kafka-sasl-mechanism", "GSSAPI").withProperty("salesloft.kafka-sasl-jaas-config", "");
    }
}
