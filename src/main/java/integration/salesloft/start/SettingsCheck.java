package integration.salesloft.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.Driver;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Reads every setting once, before anything starts, so that a wrong one is named instead of showing up later as
 * somebody else's error. Never repeats the value of a secret.
 */
class SettingsCheck implements EnvironmentPostProcessor, Ordered {

    /** It travels in JSON and in placeholders. */
    static final String CALLBACK_TOKEN = "(?!#)[!-~&&[^'\"\\\\`{}$]]*";
    static final String CALLBACK_TOKEN_IS = "printable ASCII without spaces, quotes, backslashes, braces and dollar signs, and not begin with #";

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE; // after both application.yaml were read
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (environment.getProperty("salesloft.routes-dir") == null) {
            throw new InvalidSettingException("application.yaml", "not found in " + Path.of("").toAbsolutePath()
                    + "; start the container where it lies");
        }
        new Check(environment).all();
    }

    private static final String PRIVATE_FIELD = "[a-z_]+(\\.[\\p{L}\\p{N}_](?:[\\p{L}\\p{N}_ -]*[\\p{L}\\p{N}_])?)+=(?:drop|hash)";

    /** Which record it is, how new, and whom it is about: without these nothing could be mirrored, pushed or erased. */
    private static final Set<String> NEEDED_FIELDS = Set.of("id", "updated_at", "person", "called_person", "recipient", "last_contacted_person", "person_id",
            "associated_with", "associated_type", "cadence", "cadences", "owner", "user", "current_state", "currently_on_cadence", "do_not_contact");

    /** A parameter of a template. */
    private static final Pattern RESOURCE = Pattern.compile("name: resource,?\\s+value: ([a-z_]+)\\b");

    private static final class Check extends SettingReader {

        Check(ConfigurableEnvironment environment) {
            super(environment);
        }

        void all() {
            routes();
            database();
            https("SALESLOFT_API_URL", "salesloft.api-url");
            https("SALESLOFT_ACCOUNTS_URL", "salesloft.accounts-url");
            if (!value("salesloft.oauth-redirect-url").isEmpty()) {
                https("OAUTH_REDIRECT_URL", "salesloft.oauth-redirect-url");
                pattern("OAUTH_REDIRECT_URL", "salesloft.oauth-redirect-url", "[^#?]*", "must be without ? and #: SalesLoft adds its answer to it");
            }
            oneOf("OAUTH_PKCE", "salesloft.oauth-pkce", List.of("none", "S256"));
            credentials();
            key("TOKEN_KEY", "salesloft.token-key");
            key("TOKEN_KEY_PREVIOUS", "salesloft.token-key-previous");
            number("SALESLOFT_RATE_LIMIT", "salesloft.rate-limit", 0, 1_000_000);
            duration("SALESLOFT_RATE_WINDOW", "salesloft.rate-window", Duration.ofMillis(100));
            duration("SYNC_INTERVAL", "salesloft.sync-interval", Duration.ZERO);
            duration("SYNC_OVERLAP", "salesloft.sync-overlap", Duration.ZERO);
            oneOf("SALESLOFT_READ_ONLY", "salesloft.read-only", List.of("true", "false"));
            if (!value("salesloft.push-approve-above").isEmpty()) {
                number("PUSH_APPROVE_ABOVE", "salesloft.push-approve-above", 0, 1_000_000);
            }
            instant("SYNC_SINCE", "salesloft.sync-since");
            resources();
            number("PUSH_BULK_FROM", "salesloft.push-bulk-from", 0, 1_000_000);
            oneOf("SYNC_EMAIL_CONTENT", "salesloft.email-content", List.of("none", "subject", "body"));
            duration("SYNC_COMPARE_INTERVAL", "salesloft.compare-interval", Duration.ofMinutes(1));
            pattern("SYNC_COMPARE_HOURS", "salesloft.compare-hours", "([01]\\d|2[0-3]):[0-5]\\d-(([01]\\d|2[0-3]):[0-5]\\d|24:00)",
                    "must be two times of day such as 01:00-05:00");
            webhooks();
            notices();
            rollback();
            issuer();
            privateFields();
            pattern("KAFKA_BROKERS", "salesloft.kafka-brokers", "|[\\w.-]+:\\d+(,[\\w.-]+:\\d+)*", "must be host:port, comma-separated without spaces");
            pattern("KAFKA_SASL_JAAS_CONFIG", "salesloft.kafka-sasl-jaas-config", "(?s)(?!.*(\\{\\{|}})).*", "must not hold {{ or }}, which Camel reads as a placeholder");
            oneOf("KAFKA_SECURITY_PROTOCOL", "salesloft.kafka-security-protocol", List.of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"));
            pattern("LOGGING_STRUCTURED_FORMAT_CONSOLE", "logging.structured.format.console", "|ecs|logstash|gelf", "must be ecs, logstash, gelf or empty");
            number("SERVER_PORT", "server.port", 0, 65_535);
            listener();
            number("MANAGEMENT_PORT", "management.server.port", 0, 65_535);
        }

        private void routes() {
            Path directory = Path.of(value("salesloft.routes-dir"));
            if (!Files.isDirectory(directory)) {
                throw new InvalidSettingException("ROUTES_DIR", "no such folder: " + directory.toAbsolutePath());
            }
            alternative("TOKEN_STORE", "salesloft.token-store", "token-store", "token store");
            if (!value("salesloft.token-store-previous").equals("none")) {
                alternative("TOKEN_STORE_PREVIOUS", "salesloft.token-store-previous", "token-store", "token store");
                if (value("salesloft.token-store-previous").equals(value("salesloft.token-store"))) {
                    throw new InvalidSettingException("TOKEN_STORE_PREVIOUS", "must be another token store than TOKEN_STORE");
                }
            }
            alternative("ROLLBACK_PLATFORM", "salesloft.rollback-platform", "platform", "platform");
        }

        /** A setting that names the one file of a folder, of several, that is loaded. */
        private void alternative(String variable, String property, String folder, String what) {
            pattern(variable, property, "[a-z0-9-]+", "must be the name of a " + what);
            String file = "/" + folder + "/" + value(property) + ".camel.yaml";
            // One that need not be there is named by a pattern.
            for (String pattern : value("camel.main.routes-include-pattern").replace(".yam*", ".yaml").split(",")) {
                if (pattern.endsWith(file) && !Files.isRegularFile(Path.of(pattern.replaceFirst("^file:", "")))) {
                    throw new InvalidSettingException(variable, "no such " + what + ": " + pattern);
                }
            }
        }

        private void database() {
            if (Driver.parseURL(value("spring.datasource.url"), null) == null) {
                throw new InvalidSettingException("DATABASE_URL", "must be a JDBC URL of PostgreSQL, jdbc:postgresql://host/database");
            }
        }

        private void credentials() {
            oneOf("SALESLOFT_GRANT", "salesloft.grant", List.of("refresh_token", "client_credentials"));
            pattern("SALESLOFT_SCOPE", "salesloft.scope", "|[!-~&&[^\"\\\\]]+( [!-~&&[^\"\\\\]]+)*", "must be scopes with one space between, such as people:read people:write");
            if (!value("salesloft.api-key").isEmpty()) {
                return;
            }
            if (value("salesloft.client-id").isEmpty()) {
                throw new InvalidSettingException("SALESLOFT_API_KEY", "missing; set it, or SALESLOFT_CLIENT_ID and "
                        + "SALESLOFT_CLIENT_SECRET, with SALESLOFT_REFRESH_TOKEN or OAUTH_REDIRECT_URL");
            }
            required("SALESLOFT_CLIENT_SECRET", "salesloft.client-secret");
            if (value("salesloft.grant").equals("refresh_token") && value("salesloft.refresh-token").isEmpty() && environment().getProperty("OAUTH_REDIRECT_URL", "").isEmpty()
                    && value("salesloft.oauth-redirect-url").matches("|http://localhost:\\d+/oauth/callback")) {
                throw new InvalidSettingException("SALESLOFT_REFRESH_TOKEN", "missing; set it, or OAUTH_REDIRECT_URL, and somebody authorises the container in the browser");
            }
            required("TOKEN_KEY", "salesloft.token-key");
            TokenStoreSettings store = new TokenStoreSettings(environment());
            store.check("TOKEN_STORE", "salesloft.token-store");
            store.check("TOKEN_STORE_PREVIOUS", "salesloft.token-store-previous");
        }

        private void webhooks() {
            callbackToken("SALESLOFT_CALLBACK_TOKEN", "salesloft.callback-token");
            callbackToken("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", "salesloft.callback-token-previous");
            oneOf("SALESLOFT_CALLBACK_HASH", "salesloft.callback-hash", List.of("sha1", "sha256"));
            pattern("SALESLOFT_CALLBACK_EVENT_ID", "salesloft.callback-event-id", "|(?!id$|updated_at$)[A-Za-z][A-Za-z0-9_-]*",
                    "must be the name of a header or field that carries an event id; id and updated_at are the record's");
            duration("SALESLOFT_CALLBACK_GRACE", "salesloft.callback-grace", Duration.ZERO);
            if (!value("salesloft.callback-url").isEmpty()) {
                url("SALESLOFT_CALLBACK_URL", "salesloft.callback-url");
                required("SALESLOFT_CALLBACK_TOKEN", "salesloft.callback-token");
            }
        }

        private void notices() {
            for (String audience : List.of("sales", "ops")) {
                if (!value("salesloft.notify-" + audience + "-url").isEmpty()) {
                    https("NOTIFY_" + audience.toUpperCase(Locale.ROOT) + "_URL", "salesloft.notify-" + audience + "-url");
                }
            }
            optionalUrl("RUNBOOK_URL", "salesloft.runbook-url");
            pattern("RUNBOOK_URL", "salesloft.runbook-url", "[^#]*", "must not name a section: a notice adds its own");
        }

        private void rollback() {
            pattern("ROLLBACK_NAMESPACE", "salesloft.rollback-namespace", "|[a-z0-9]([a-z0-9-]*[a-z0-9])?", "must be the name of a namespace");
            pattern("ROLLBACK_DEPLOYMENT", "salesloft.rollback-deployment", "[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "must be the name of a Deployment");
            if (value("salesloft.rollback-platform").equals("webhook")) {
                https("ROLLBACK_WEBHOOK_URL", "salesloft.rollback-webhook-url");
                required("OPS_TOKEN", "salesloft.ops-token"); // which signs what is sent there
            }
            url("ROLLBACK_VERIFY_URL", "salesloft.rollback-verify-url"); // carries no secret, and may stay inside a cluster
        }

        /** Whoever could change what it says of its keys could let himself in. */
        private void issuer() {
            pattern("OIDC_ROLE_CLAIM", "salesloft.oidc.role-claim", "[!-~&&[^\"\\\\]]+", "must be the name of a claim");
            pattern("OIDC_ROLES", "salesloft.oidc.roles", "[^,=]+=(reader|writer|operator)(,[^,=]+=(reader|writer|operator))*",
                    "must be value=reader, value=writer or value=operator, comma-separated");
            if (!value("salesloft.oidc.issuer").isEmpty()) {
                if (!SecureUrl.is(value("salesloft.oidc.issuer"))) {
                    throw new InvalidSettingException("OIDC_ISSUER", "must be a URL, https://host, as the issuer's tokens have it");
                }
                required("OIDC_AUDIENCE", "salesloft.oidc.audience");
            }
            pattern("OIDC_CLIENT_ID", "salesloft.oidc.client-id", "[!-~&&[^\"'\\\\{}]]*", "must be the id of a client as the identity provider has it");
            if (!value("salesloft.oidc.client-id").isEmpty()) {
                required("OIDC_ISSUER", "salesloft.oidc.issuer");
            }
        }

        private void privateFields() {
            key("PRIVATE_KEY", "salesloft.private-key");
            pattern("PRIVATE_FIELDS", "salesloft.private-fields", "|" + PRIVATE_FIELD + "(," + PRIVATE_FIELD + ")*",
                    "must be resource.field=drop or resource.field=hash, comma between without spaces around it, such as people.phone=hash,people.custom_fields.ssn=drop");
            if (value("salesloft.private-fields").isEmpty()) {
                return;
            }
            Set<String> fields = new HashSet<>();
            for (String rule : value("salesloft.private-fields").split(",")) {
                String field = rule.replaceFirst("=.*", "");
                String[] path = field.split("\\.");
                if (!path[0].equals("events") && !pulled(path[0])) {
                    throw new InvalidSettingException("PRIVATE_FIELDS", "nothing is known of " + path[0] + ": name a resource that a route pulls, or events");
                }
                if (NEEDED_FIELDS.contains(path[1]) || rule.equals("people.email_address=drop") || field.startsWith("people.email_address.")) {
                    throw new InvalidSettingException("PRIVATE_FIELDS", field + " is what the mirror goes by: it must stay"
                            + (path[1].equals("email_address") ? ", or be hashed" : ""));
                }
                if (!fields.add(field)) {
                    throw new InvalidSettingException("PRIVATE_FIELDS", field + " is named twice");
                }
            }
        }

        private void callbackToken(String variable, String property) {
            pattern(variable, property, CALLBACK_TOKEN, "must be " + CALLBACK_TOKEN_IS);
        }

        /** Not by what: the certificate is read when the port is opened. */
        private void listener() {
            String bundle = value("server.ssl.bundle");
            if (!bundle.isEmpty() && environment().containsProperty("spring.ssl.bundle.pem." + bundle + ".keystore.certificate")) {
                file("keystore.certificate", bundle);
                file("keystore.private-key", bundle);
            }
        }

        private void file(String what, String bundle) {
            String property = "spring.ssl.bundle.pem." + bundle + "." + what;
            String value = value(property).replaceFirst("^file:", "");
            if (!value.startsWith("-----") && !value.startsWith("classpath:") && !(Files.isRegularFile(Path.of(value)) && Files.isReadable(Path.of(value)))) {
                throw new InvalidSettingException(property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT), "no file that can be read: " + value);
            }
        }

        private void resources() {
            List<String> routes = routeFiles();
            for (String resource : value("salesloft.sync-resources").split(",", -1)) {
                if (!resource.matches("[a-z_]+")) {
                    throw new InvalidSettingException("SYNC_RESOURCES", "must be names of resources, comma-separated without spaces");
                }
                if (!pulled(resource, routes)) {
                    throw new InvalidSettingException("SYNC_RESOURCES", "no block of the routes pulls " + resource + "; there are " + String.join(", ", named(routes)));
                }
            }
        }

        private boolean pulled(String resource) {
            return pulled(resource, routeFiles());
        }

        private static boolean pulled(String resource, List<String> routes) {
            return named(routes).contains(resource);
        }

        /** What the blocks of the routes are about. */
        private static Set<String> named(List<String> routes) {
            return routes.stream().flatMap(file -> RESOURCE.matcher(file).results()).map(found -> found.group(1)).collect(Collectors.toCollection(TreeSet::new));
        }

        private List<String> routeFiles() {
            try (Stream<Path> files = Files.walk(Path.of(value("salesloft.routes-dir")))) {
                List<String> texts = new ArrayList<>();
                for (Path file : files.filter(path -> path.toString().endsWith(".camel.yaml")).toList()) {
                    texts.add(Files.readString(file));
                }
                return texts;
            } catch (IOException e) {
                throw new InvalidSettingException("ROUTES_DIR", "cannot be read: " + e.getMessage());
            }
        }
    }
}
