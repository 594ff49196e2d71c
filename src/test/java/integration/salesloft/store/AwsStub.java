package integration.salesloft.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * AWS Secrets Manager, as far as a client of a secret and its versions sees it: JSON 1.1 with the target in a header, errors by their type,
 * staging labels that move as AWS describes it. And AWS' STS for a web identity. Calls are named as AWS names them, {@code PutSecretValue}.
 */
public final class AwsStub extends TokenStoreStub {

    public static final String SECRET = "salesloft";
    public static final String REGION = "eu-central-1";
    public static final String ACCESS_KEY = "AKIASTUBSTUBSTUBSTUB";
    public static final String SECRET_KEY = "stub-secret-access-key";
    /** What a pod's token is exchanged for. */
    private static final String SESSION_KEY = "ASIASTUBSTUBSTUBSTUB";
    private static final String SESSION_TOKEN = "stub-session-token";
    private static final Pattern SIGNED = Pattern.compile("AWS4-HMAC-SHA256 Credential=(\\w+)/(\\d{8})/([\\w-]+)/(\\w+)/aws4_request, SignedHeaders=[\\w;-]+, Signature=[0-9a-f]{64}");

    private final Map<String, Secret> secrets = new HashMap<>();
    /** Of the role, when a web identity asks for it. */
    private volatile String identityToken = "";

    /** A version of a secret, with the labels it has. */
    private record Version(String id, String text, Instant created, Set<String> stages) {
    }

    private static final class Secret {

        private final String name;
        private final String arn;
        private final Map<String, Version> versions = new LinkedHashMap<>();
        private boolean rotates;
        private Instant deleted;

        private Secret(String name) {
            this.name = name;
            this.arn = "arn:aws:secretsmanager:" + REGION + ":123456789012:secret:" + name + "-a1B2c3";
        }

        private Version staged(String stage) {
            return versions.values().stream().filter(version -> version.stages().contains(stage)).findFirst().orElse(null);
        }

        /** A label is on one version at a time; the one that loses AWSCURRENT becomes AWSPREVIOUS. */
        private void stage(String stage, Version to) {
            Version from = staged(stage);
            if (from == to) {
                return;
            }
            if (from != null) {
                from.stages().remove(stage);
                if (stage.equals("AWSCURRENT")) {
                    stage("AWSPREVIOUS", from);
                }
            }
            if (stage.equals("AWSCURRENT")) {
                to.stages().remove("AWSPREVIOUS");
            }
            to.stages().add(stage);
        }
    }

    /** What AWS says no with. */
    private static final class Refusal extends RuntimeException {

        private final String type;

        private Refusal(String type, String message) {
            super(message);
            this.type = type;
        }
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("TOKEN_STORE", "aws", "AWS_SECRET_ID", SECRET, "AWS_REGION", REGION, "AWS_ENDPOINT_URL", url(),
                "AWS_ACCESS_KEY_ID", ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    }

    @Override
    public List<String> writing() {
        return List.of("PutSecretValue", "UpdateSecretVersionStage");
    }

    @Override
    String reading() {
        return "GetSecretValue";
    }

    @Override
    boolean needsRight(String operation) {
        return !operation.equals("AssumeRoleWithWebIdentity");
    }

    @Override
    public synchronized String pair() {
        Version version = secrets.containsKey(SECRET) ? secrets.get(SECRET).staged("AWSCURRENT") : null;
        return version == null ? null : version.text();
    }

    /** As the console does: at once the current one. */
    @Override
    public synchronized void put(String json) {
        put(secrets.get(SECRET), UUID.randomUUID().toString(), json, List.of("AWSCURRENT"));
    }

    /** With a secret without a value, as somebody has to make it. */
    @Override
    public synchronized void forgetAll() {
        super.forgetAll();
        secrets.clear();
        secrets.put(SECRET, new Secret(SECRET));
        identityToken = "";
    }

    /** The secret stays, empty. */
    @Override
    public synchronized void lose() {
        secrets.put(SECRET, new Secret(SECRET));
    }

    /** No secret at all. */
    public synchronized void remove() {
        secrets.clear();
    }

    /** The labels of each version, by its id, oldest first. */
    public synchronized Map<String, Set<String>> stages() {
        Map<String, Set<String>> stages = new LinkedHashMap<>();
        secrets.get(SECRET).versions.forEach((id, version) -> stages.put(id, Set.copyOf(version.stages())));
        return stages;
    }

    /** AWS removes what has no label, once there is much of it. */
    public synchronized void removeWithoutLabel() {
        secrets.get(SECRET).versions.values().removeIf(version -> version.stages().isEmpty());
    }

    public synchronized void rotate() {
        secrets.get(SECRET).rotates = true;
    }

    public synchronized void markForDeletion() {
        secrets.get(SECRET).deleted = Instant.now();
    }

    /** Which token of a pod the role is for; empty: none. */
    public void trust(String identityToken) {
        this.identityToken = identityToken;
    }

    public AwsStub() {
        forgetAll();
    }

    @Override
    String operation(HttpExchange exchange, String body) {
        String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
        return target == null ? body.replaceFirst("(?s).*\\bAction=(\\w+).*", "$1") : target.replaceFirst("secretsmanager\\.", "");
    }

    @Override
    Answer denial(String operation) {
        return refusal(400, "AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/integration/pod is not authorized to perform: secretsmanager:" + operation
                + " on resource: salesloft because no identity-based policy allows the secretsmanager:" + operation + " action");
    }

    @Override
    synchronized Answer answer(HttpExchange exchange, String operation, String body) throws IOException {
        if (operation.equals("AssumeRoleWithWebIdentity")) {
            return assumeRole(body);
        }
        Answer refused = unsigned(exchange);
        if (refused != null) {
            return refused;
        }
        JsonNode request = JSON.readTree(body);
        try {
            return new Answer(200, Map.of("Content-Type", "application/x-amz-json-1.1", "x-amzn-RequestId", UUID.randomUUID().toString()), JSON.writeValueAsString(switch (operation) {
                case "CreateSecret" -> create(request);
                case "DescribeSecret" -> describe(request);
                case "GetSecretValue" -> get(request);
                case "PutSecretValue" -> put(request);
                case "UpdateSecretVersionStage" -> move(request);
                case "ListSecretVersionIds" -> list(request);
                default -> throw new Refusal("UnknownOperationException", "");
            }));
        } catch (Refusal refusal) {
            return refusal(400, refusal.type, refusal.getMessage());
        }
    }

    private static Answer refusal(int status, String type, String message) {
        try {
            return new Answer(status, Map.of("Content-Type", "application/x-amz-json-1.1"), JSON.writeValueAsString(Map.of("__type", type, "Message", message)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Not the signature itself, but by whom, for what and where it was made. */
    private static Answer unsigned(HttpExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        Matcher signed = SIGNED.matcher(header == null ? "" : header);
        if (!signed.matches()) {
            return refusal(400, "MissingAuthenticationTokenException", "Missing Authentication Token");
        }
        if (!signed.group(3).equals(REGION) || !signed.group(4).equals("secretsmanager")) {
            return refusal(400, "InvalidSignatureException", "Credential should be scoped to a valid region.");
        }
        boolean session = signed.group(1).equals(SESSION_KEY) && SESSION_TOKEN.equals(exchange.getRequestHeaders().getFirst("X-Amz-Security-Token"));
        return session || signed.group(1).equals(ACCESS_KEY) ? null : refusal(400, "UnrecognizedClientException", "The security token included in the request is invalid.");
    }

    private Answer assumeRole(String body) {
        if (identityToken.isEmpty() || !body.contains("WebIdentityToken=" + identityToken)) {
            return new Answer(400, Map.of("Content-Type", "text/xml"), """
                    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>\
                    <Message>No OpenIDConnect provider found in your account</Message></Error><RequestId>1</RequestId></ErrorResponse>""");
        }
        return new Answer(200, Map.of("Content-Type", "text/xml"), """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>\
                <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>\
                <AssumedRoleUser><AssumedRoleId>AROA:pod</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/integration/pod</Arn></AssumedRoleUser>\
                </AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"""
                .formatted(SESSION_KEY, SECRET_KEY, SESSION_TOKEN, Instant.now().plusSeconds(3600)));
    }

    private Map<String, Object> create(JsonNode request) {
        String name = request.path("Name").asText();
        if (secrets.containsKey(name)) {
            throw new Refusal("ResourceExistsException", "The operation failed because the secret " + name + " already exists.");
        }
        secrets.put(name, new Secret(name));
        Map<String, Object> answer = named(secrets.get(name));
        if (request.has("SecretString")) {
            answer.put("VersionId", put(secrets.get(name), request.path("ClientRequestToken").asText(), request.path("SecretString").asText(), List.of("AWSCURRENT")).id());
        }
        return answer;
    }

    private Map<String, Object> describe(JsonNode request) {
        Secret secret = found(request);
        Map<String, Object> answer = named(secret);
        Map<String, Collection<String>> stages = new LinkedHashMap<>();
        secret.versions.values().stream().filter(version -> !version.stages().isEmpty()).forEach(version -> stages.put(version.id(), version.stages()));
        if (!stages.isEmpty()) {
            answer.put("VersionIdsToStages", stages);
        }
        if (secret.rotates) {
            answer.put("RotationEnabled", true);
        }
        if (secret.deleted != null) {
            answer.put("DeletedDate", secret.deleted.toEpochMilli() / 1000.0);
        }
        return answer;
    }

    private Map<String, Object> get(JsonNode request) {
        Secret secret = undeleted(request);
        Version version;
        if (request.hasNonNull("VersionId")) {
            version = secret.versions.get(request.path("VersionId").asText());
        } else {
            version = secret.staged(request.path("VersionStage").asText("AWSCURRENT"));
        }
        if (version == null) {
            throw new Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for "
                    + (request.hasNonNull("VersionId") ? "VersionId: " + request.path("VersionId").asText() : "staging label: " + request.path("VersionStage").asText("AWSCURRENT")));
        }
        Map<String, Object> answer = named(secret);
        answer.put("VersionId", version.id());
        answer.put("SecretString", version.text());
        answer.put("VersionStages", version.stages());
        answer.put("CreatedDate", version.created().toEpochMilli() / 1000.0);
        return answer;
    }

    private Map<String, Object> put(JsonNode request) {
        Secret secret = undeleted(request);
        if (!request.hasNonNull("SecretString")) {
            throw new Refusal("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
        }
        String id = request.path("ClientRequestToken").asText();
        if (id.length() < 32 || id.length() > 64) {
            throw new Refusal("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.");
        }
        List<String> stages = new ArrayList<>();
        request.path("VersionStages").forEach(stage -> stages.add(stage.asText()));
        Version version = put(secret, id, request.path("SecretString").asText(), stages.isEmpty() ? List.of("AWSCURRENT") : stages);
        Map<String, Object> answer = named(secret);
        answer.put("VersionId", version.id());
        answer.put("VersionStages", version.stages());
        return answer;
    }

    private static Version put(Secret secret, String id, String text, List<String> stages) {
        Version there = secret.versions.get(id);
        if (there != null) {
            if (!there.text().equals(text)) {
                throw new Refusal("ResourceExistsException", "You can't modify an existing version, you can only create a new version.");
            }
            return there;
        }
        Version version = new Version(id, text, Instant.now(), new LinkedHashSet<>());
        boolean first = secret.versions.isEmpty();
        secret.versions.put(id, version);
        stages.forEach(stage -> secret.stage(stage, version));
        if (first) {
            secret.stage("AWSCURRENT", version);
        }
        return version;
    }

    private Map<String, Object> move(JsonNode request) {
        Secret secret = undeleted(request);
        String stage = request.path("VersionStage").asText();
        String from = request.path("RemoveFromVersionId").asText(null);
        String to = request.path("MoveToVersionId").asText(null);
        Version holder = secret.staged(stage);
        for (String id : new String[] {from, to}) {
            if (id != null && !secret.versions.containsKey(id)) {
                throw new Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: " + id);
            }
        }
        if (holder != null && from == null && !holder.id().equals(to)) {
            throw new Refusal("InvalidParameterException", "The parameter RemoveFromVersionId can't be empty. Staging label " + stage + " is currently attached to version "
                    + holder.id() + ", so you must explicitly reference that version in RemoveFromVersionId.");
        }
        if (from != null && (holder == null || !holder.id().equals(from))) {
            throw new Refusal("InvalidParameterException", "When you move staging label " + stage + ", if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label "
                    + stage + ".");
        }
        if (to == null && stage.equals("AWSCURRENT")) {
            throw new Refusal("InvalidParameterException", "You can't remove AWSCURRENT; move it to another version.");
        }
        if (to == null) {
            holder.stages().remove(stage);
        } else {
            secret.stage(stage, secret.versions.get(to));
        }
        return named(secret);
    }

    private Map<String, Object> list(JsonNode request) {
        Secret secret = found(request);
        Map<String, Object> answer = named(secret);
        answer.put("Versions", secret.versions.values().stream().filter(version -> !version.stages().isEmpty() || request.path("IncludeDeprecated").asBoolean())
                .map(version -> Map.of("VersionId", version.id(), "VersionStages", version.stages(), "CreatedDate", version.created().toEpochMilli() / 1000.0)).toList());
        return answer;
    }

    private Secret found(JsonNode request) {
        String id = request.path("SecretId").asText();
        return secrets.values().stream().filter(secret -> secret.name.equals(id) || secret.arn.equals(id)).findFirst()
                .orElseThrow(() -> new Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret."));
    }

    private Secret undeleted(JsonNode request) {
        Secret secret = found(request);
        if (secret.deleted != null) {
            throw new Refusal("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");
        }
        return secret;
    }

    private static Map<String, Object> named(Secret secret) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("ARN", secret.arn);
        answer.put("Name", secret.name);
        return answer;
    }
}
