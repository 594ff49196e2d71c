package integration.salesloft.token;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.start.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.apache.camel.Exchange;

/** What is sent to Google's Secret Manager, and what its answers say. The calls are the routes'. */
public class GcpSecret {

    private static final String DONE = "done";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String project;
    private final String secret;

    public GcpSecret(String project, String secret) {
        this.project = project;
        this.secret = secret;
    }

    /** The request for a new version with this pair, with the checksum by which Google finds out that it arrived whole. */
    public String addition(TokenPair pair) throws JsonProcessingException {
        byte[] text = pair.json().getBytes(StandardCharsets.UTF_8);
        return JSON.writeValueAsString(Map.of("payload", Map.of("data", Base64.getEncoder().encodeToString(text), "dataCrc32c", String.valueOf(checksum(text)))));
    }

    /**
     * The pair in the answer to an access, and its number. A version that was disabled or destroyed may be replaced.
     *
     * @param outcome of the access
     * @param number  of the version that was asked for; 0 or null where there is none
     * @throws StoreUnavailable for a value that did not arrive whole
     */
    public StoredPair read(String outcome, Long number, String answer) throws JsonProcessingException {
        if (!outcome.equals(DONE)) {
            return new StoredPair(TokenPair.NONE, number == null || number == 0 ? null : String.valueOf(number));
        }
        JsonNode version = JSON.readTree(answer);
        byte[] text = Base64.getDecoder().decode(version.path("payload").path("data").asText());
        if (version.path("payload").path("dataCrc32c").asLong(-1) != checksum(text)) {
            throw new StoreUnavailable("the value of version " + number(version) + " did not arrive whole");
        }
        return new StoredPair(TokenPair.storedUnlessPlaceholder(new String(text, StandardCharsets.UTF_8)), String.valueOf(number(version)));
    }

    /** The number of the version that an answer is about; 0 where there is no such version. */
    public long number(String outcome, String answer) throws JsonProcessingException {
        return outcome.equals(DONE) ? number(JSON.readTree(answer)) : 0;
    }

    /**
     * The number of the version that was added.
     *
     * @param replaced the number of the one before
     * @throws StoreConflict    where another was added in between
     * @throws StoreUnavailable where none was added
     */
    public long added(String outcome, long replaced, String answer) throws JsonProcessingException {
        if (!outcome.equals(DONE)) {
            throw new StoreUnavailable("no secret " + secret + " in project " + project + " any more");
        }
        JsonNode version = JSON.readTree(answer);
        if (!version.path("clientSpecifiedPayloadChecksum").asBoolean()) {
            throw new StoreUnavailable("Google did not compare the value of version " + number(version) + " with its checksum");
        }
        if (number(version) != replaced + 1) {
            throw new StoreConflict("version " + (replaced + 1) + " of the secret was added by somebody else");
        }
        return number(version);
    }

    private static long number(JsonNode version) {
        String number = version.path("name").asText().replaceFirst(".*/versions/", "");
        if (!number.matches("\\d{1,18}")) {
            throw new StoreUnavailable("an answer without the number of a version");
        }
        return Long.parseLong(number);
    }

    /**
     * What is to be done with versions older than this one: such as are enabled are disabled, and such as have been disabled before are destroyed.
     *
     * @param answer  a list of versions
     * @param newest  the number of the version that has the pair
     * @return maps with {@code number} and {@code then}, {@code disable} or {@code destroy}
     */
    public List<Map<String, Object>> outdated(String answer, long newest) throws JsonProcessingException {
        List<Map<String, Object>> outdated = new ArrayList<>();
        for (JsonNode version : JSON.readTree(answer).path("versions")) {
            boolean enabled = version.path("state").asText().equals("ENABLED");
            // One that is to be destroyed later, by a delay that the secret has, shows as disabled until then.
            boolean disabled = version.path("state").asText().equals("DISABLED") && version.path("scheduledDestroyTime").isMissingNode();
            if (number(version) < newest && (enabled || disabled)) {
                outdated.add(Map.of("number", number(version), "then", enabled ? "disable" : "destroy"));
            }
        }
        return outdated;
    }

    /**
     * Says in the variable {@code outcome} what a call came to: {@code done}, {@code missing} where there is no such version (or secret),
     * {@code aside} where it is disabled or destroyed.
     *
     * @param answered its status in the header, 0 where there was no answer in time
     * @throws StoreDenied      where credentials are refused, or a right is missing
     * @throws StoreUnavailable for every other answer
     */
    public void judge(Exchange answered) {
        int status = answered.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class);
        answered.setVariable("outcome", outcome(status, error(answered.getMessage().getBody(String.class))));
    }

    private static String outcome(int status, JsonNode error) {
        String kind = error.path("status").asText();
        if (status >= 200 && status < 300) {
            return DONE;
        }
        if (status == 404) {
            return "missing";
        }
        if (kind.equals("FAILED_PRECONDITION")) {
            return "aside";
        }
        String message = status == 0 ? "no answer in time" : (status + " " + kind + ", " + error.path("message").asText().replaceAll("\\s+", " ")).trim();
        throw status == 401 || status == 403 ? new StoreDenied(message) : new StoreUnavailable(message);
    }

    private static JsonNode error(String answer) {
        try {
            return JSON.readTree(answer == null ? "" : answer).path("error");
        } catch (JsonProcessingException e) {
            return JSON.missingNode();
        }
    }

    /**
     * Compares the rights that there are with those that were asked for.
     *
     * @param asked  the request
     * @param answer of a secret that does not exist it says that there are none
     * @throws InvalidSettingException naming what is missing
     */
    public void requireRights(String asked, String answer) throws JsonProcessingException {
        TreeSet<String> missing = new TreeSet<>();
        JSON.readTree(asked).path("permissions").forEach(right -> missing.add(right.asText()));
        int all = missing.size();
        JSON.readTree(answer).path("permissions").forEach(right -> missing.remove(right.asText()));
        if (missing.size() == all) {
            throw new InvalidSettingException("GCP_SECRET", "no secret " + secret + " in project " + project + ", or no right to it; gcloud secrets create " + secret
                    + " --project " + project + " --replication-policy automatic makes one, and docs/token-stores.md says which rights are needed");
        }
        if (!missing.isEmpty()) {
            throw new InvalidSettingException("GCP_SECRET", "missing on secret " + secret + " in project " + project + ": " + String.join(", ", missing));
        }
    }

    /** @throws InvalidSettingException always: a start that was denied goes no further */
    public void refuse(String trouble) {
        throw trouble.matches("[A-Z_]+: .*") ? new InvalidSettingException(trouble) : new InvalidSettingException("GCP_SECRET", trouble);
    }

    private static long checksum(byte[] text) {
        CRC32C checksum = new CRC32C();
        checksum.update(text);
        return checksum.getValue();
    }
}
