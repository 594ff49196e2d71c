package integration.salesloft.outbox;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.Kafka;
import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;
import org.junit.jupiter.api.Test;

/** What is said when there are no topics to write to. */
class TopicsTest {

    /** A broker that lets nobody create a topic, as many companies' do. */
    public static final class Refuse implements CreateTopicPolicy {

        @Override
        public void validate(RequestMetadata request) {
            throw new PolicyViolationException("ask the platform team");
        }

        @Override
        public void configure(Map<String, ?> configs) {
        }

        @Override
        public void close() {
        }
    }

    @Test
    void namesWhatIsMissingAndNotOursToCreate() {
        try (Kafka kafka = Kafka.start("create.topic.policy.class.name=" + Refuse.class.getName())) {
            Topics topics = new Topics(kafka.brokers(), "PLAINTEXT", "GSSAPI", "");
            assertThatThrownBy(() -> topics.ensure(1, "people,accounts")).isInstanceOf(IllegalStateException.class)
                    .hasMessage("missing, and not ours to create: the compacted topics salesloft.people, salesloft.accounts (ask the platform team)");
        }
    }

    @Test
    void namesTheSettingWhenNobodyAnswers() {
        Topics topics = new Topics("localhost:1", "PLAINTEXT", "GSSAPI", "");
        assertThatThrownBy(() -> topics.ensure(1, "people")).isInstanceOf(IllegalStateException.class).hasMessageStartingWith("KAFKA_BROKERS: ");
    }
}
