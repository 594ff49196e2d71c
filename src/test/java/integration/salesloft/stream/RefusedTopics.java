package integration.salesloft.stream;

import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;

/** The policy of a broker that lets nobody create topics of one prefix, but for one. */
public final class RefusedTopics implements CreateTopicPolicy {

    static final String PREFIX = "refused.";

    @Override
    public void validate(RequestMetadata request) {
        if (request.topic().startsWith(PREFIX) && !request.topic().equals(PREFIX + "users")) {
            throw new PolicyViolationException("ask the platform team");
        }
    }

    @Override
    public void configure(Map<String, ?> configs) {
    }

    @Override
    public void close() {
    }
}
