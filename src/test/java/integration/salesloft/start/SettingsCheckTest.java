package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.FileSystemResource;

/** Every wrong setting is named, as it is called outside; read through both real application.yaml. */
class SettingsCheckTest {

    private static final Map<String, String> LEAST = Map.of("DATABASE_URL", "jdbc:postgresql://db/salesloft", "SALESLOFT_API_KEY", "ak");
    private static final Map<String, String> OAUTH = Map.of("DATABASE_URL", "jdbc:postgresql://db/salesloft", "SALESLOFT_CLIENT_ID", "client",
            "SALESLOFT_CLIENT_SECRET", "secret", "SALESLOFT_REFRESH_TOKEN", "refresh", "TOKEN_KEY", "c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE=");

    @AfterEach
    void forgetTheProxy() {
        System.getProperties().keySet().removeIf(name -> name.toString().matches("https\\.proxy.*|http\\.nonProxyHosts"));
    }

    @Test
    void takesWhatProductionNeeds() {
        assertThatCode(() -> check(LEAST, Map.of())).doesNotThrowAnyException();
        assertThatCode(() -> check(OAUTH, Map.of())).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATABASE_URL=", "DATABASE_URL=postgresql://db/salesloft", "DATABASE_URL=jdbc:postgresql://db:port/salesloft",
            "SALESLOFT_API_URL=api.salesloft.com", "SALESLOFT_API_URL=", "SALESLOFT_ACCOUNTS_URL=ftp://accounts.salesloft.com",
            "SALESLOFT_API_KEY=", "SALESLOFT_GRANT=password", "TOKEN_KEY=short", "TOKEN_KEY_PREVIOUS=AAAA", "SALESLOFT_RATE_LIMIT=many",
            "SALESLOFT_RATE_LIMIT=-1", "SALESLOFT_RATE_WINDOW=1 minute", "SYNC_INTERVAL=often", "SYNC_OVERLAP=-1s", "SALESLOFT_READ_ONLY=yes",
            "SYNC_SINCE=yesterday", "SYNC_RESOURCES=people, accounts", "SYNC_RESOURCES=people ", "SALESLOFT_RATE_LIMIT=+600", "SALESLOFT_RATE_WINDOW=60000",
            "TOKEN_KEY=c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE=\n", "SYNC_RESOURCES=people,horses", "SYNC_COMPARE_HOURS=at night", "SYNC_EMAIL_CONTENT=all", "PUSH_BULK_FROM=all", "SYNC_COMPARE_INTERVAL=1s",
            "KAFKA_BROKERS=kafka", "KAFKA_SASL_JAAS_CONFIG=x required password=\"{{y}}\";", "KAFKA_SECURITY_PROTOCOL=TLS", "SERVER_PORT=80800", "MANAGEMENT_PORT=http", "ROUTES_DIR=nowhere",
            "SALESLOFT_CALLBACK_TOKEN=two words", "SALESLOFT_CALLBACK_TOKEN=#bean", "SALESLOFT_CALLBACK_GRACE=10", "SALESLOFT_CALLBACK_TOKEN=quo'te", "SALESLOFT_CALLBACK_TOKEN_PREVIOUS={else}",
            "SALESLOFT_CALLBACK_HASH=md5", "SALESLOFT_CALLBACK_EVENT_ID=id", "SALESLOFT_CALLBACK_EVENT_ID=x y", "TOKEN_STORE=drawer", "TOKEN_STORE_PREVIOUS=drawer", "TOKEN_STORE_PREVIOUS=database", "NOTIFY_SALES_URL=hooks.example.com/T0secret",
            "NOTIFY_OPS_URL=ftp://hooks.example.com/T0secret", "RUNBOOK_URL=docs/runbook.md", "RUNBOOK_URL=https://wiki/runbook#top", "OAUTH_REDIRECT_URL=https://us/oauth/callback?x=y", "OAUTH_REDIRECT_URL=/oauth/callback", "OAUTH_PKCE=plain", "HTTPS_PROXY=proxy:port",
            "OIDC_ISSUER=login.example.com", "OIDC_ISSUER=http://login.example.com", "OIDC_ROLE_CLAIM=", "OIDC_ROLE_CLAIM=my roles", "OIDC_ROLES=", "OIDC_ROLES=admins=boss", "OIDC_ROLES=admins", "OIDC_CLIENT_ID=my client", "OIDC_CLIENT_ID='a", "PRIVATE_KEY=short"})
    void namesAWrongSettingAndKeepsItsValueToItself(String setting) {
        String[] pair = setting.split("=", 2);
        assertThatThrownBy(() -> check(LEAST, Map.of(pair[0], pair[1]))).isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith(pair[0] + ": ").hasMessageNotContaining("\n");
    }

    /** A name that is nearly right is found among those that are there. */
    @Test
    void saysWhichListsThereAre() {
        assertThatThrownBy(() -> check(OAUTH, Map.of("SYNC_RESOURCES", "people,opportunity"))).isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("SYNC_RESOURCES: no block of the routes pulls opportunity; there are account_stages, account_tiers, accounts, ").hasMessageContaining(", opportunities, ");
    }

    @Test
    void namesWhatSubscriptionsLack() {
        assertThatThrownBy(() -> check(LEAST, Map.of("SALESLOFT_CALLBACK_URL", "https://us/webhooks/salesloft"))).isInstanceOf(InvalidSettingException.class)
                .hasMessage("SALESLOFT_CALLBACK_TOKEN: missing");
        assertThatThrownBy(() -> check(LEAST, Map.of("SALESLOFT_CALLBACK_URL", "us/webhooks", "SALESLOFT_CALLBACK_TOKEN", "t")))
                .isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("SALESLOFT_CALLBACK_URL: ");
        assertThatCode(() -> check(LEAST, Map.of("SALESLOFT_CALLBACK_TOKEN", "aZ09!#%&()*+,-./:;<=>?@[]^_|~"))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"people.phone", "people.phone=", "people.phone=mask", "phone=drop", "people.phone=drop, people.title=drop", "people.phone=drop,", "horses.name=drop", "people.id=hash", "calls.updated_at=drop",
            "people.email_address=drop", "people.owner=drop", "notes.associated_with.id=drop", "people.phone=drop,people.phone=hash", "people..x=drop", "people.{x}=drop"})
    void namesWhatIsWrongWithPrivateFields(String fields) {
        assertThatThrownBy(() -> check(LEAST, Map.of("PRIVATE_FIELDS", fields, "PRIVATE_KEY", OAUTH.get("TOKEN_KEY")))).isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("PRIVATE_FIELDS: ").hasMessageNotContaining("\n");
    }

    @Test
    void takesPrivateFieldsWithAKey() {
        String fields = "people.phone=drop,people.email_address=hash,people.custom_fields.Soci\u00e9t\u00e9 m\u00e8re=drop,meetings.attendees.email=drop,events.to=hash";
        assertThatCode(() -> check(LEAST, Map.of("PRIVATE_FIELDS", fields, "PRIVATE_KEY", OAUTH.get("TOKEN_KEY")))).doesNotThrowAnyException();
        assertThatCode(() -> check(LEAST, Map.of("PRIVATE_FIELDS", fields))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SALESLOFT_CLIENT_SECRET", "TOKEN_KEY"})
    void namesWhatAnOAuthClientLacks(String variable) {
        assertThatThrownBy(() -> check(OAUTH, Map.of(variable, ""))).isInstanceOf(InvalidSettingException.class).hasMessage(variable + ": missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"VAULT_ADDR=", "VAULT_ADDR=http://vault.example.com:8200", "VAULT_ADDR=vault:8200", "VAULT_SECRET_PATH=salesloft", "VAULT_SECRET_PATH=/secret/salesloft", "VAULT_NAMESPACE=a b",
            "VAULT_AUTH_PATH=/auth", "VAULT_TOKEN=", "VAULT_CACERT=nowhere.pem", "VAULT_CACERT=pom.xml", "TOKEN_KEY="})
    void namesWhatIsWrongOfVault(String setting) {
        String[] pair = setting.split("=", 2);
        Map<String, String> vault = with(OAUTH, Map.of("TOKEN_STORE", "vault", "VAULT_ADDR", "https://vault.example.com:8200", "VAULT_TOKEN", "hvs.secret"));
        assertThatCode(() -> check(vault, Map.of())).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(vault, Map.of(pair[0], pair[1]))).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith(pair[0] + ": ").hasMessageNotContaining("hvs.");
    }

    @Test
    void namesWhatATokenStoreLacks() {
        for (String addr : new String[] {"http://localhost:8200", "http://127.0.0.1:8200", "http://[::1]:8200"}) {
            assertThatCode(() -> check(OAUTH, Map.of("TOKEN_STORE", "vault", "VAULT_ADDR", addr, "VAULT_ROLE", "salesloft"))).doesNotThrowAnyException();
        }
        assertThatThrownBy(() -> check(OAUTH, Map.of("TOKEN_STORE", "vault", "VAULT_ADDR", "https://vault", "VAULT_ROLE_ID", "r"))).hasMessage("VAULT_SECRET_ID: missing");
        assertThatThrownBy(() -> check(OAUTH, Map.of("TOKEN_STORE_PREVIOUS", "vault"))).hasMessageStartingWith("VAULT_ADDR: ");
        assertThatCode(() -> check(LEAST, Map.of("TOKEN_STORE", "vault"))).doesNotThrowAnyException(); // an API key makes it irrelevant
        assertThatThrownBy(() -> check(OAUTH, Map.of("TOKEN_STORE", "kubernetes", "TOKEN_SECRET_NAME", "No Name"))).hasMessageStartingWith("TOKEN_SECRET_NAME: ");
        assertThatThrownBy(() -> check(OAUTH, Map.of("TOKEN_STORE", "kubernetes", "TOKEN_SECRET_NAMESPACE", "."))).hasMessageStartingWith("TOKEN_SECRET_NAMESPACE: ");
        // A build without Vault's client: the class by which it is known is not there.
        assertThatThrownBy(() -> check(OAUTH, Map.of("TOKEN_STORE", "vault", "VAULT_ADDR", "https://vault", "VAULT_ROLE", "r", "SALESLOFT_TOKEN_STORE_CLIENTS_VAULT", "no.such.Client")))
                .hasMessage("TOKEN_STORE: the client of vault is not in this build; build it without -Pwithout-vault");
    }

    @ParameterizedTest
    @ValueSource(strings = {"AWS_SECRET_ID=", "AWS_SECRET_ID=two words", "AWS_REGION=", "AWS_REGION=Frankfurt!", "AWS_ENDPOINT_URL=http://vpce.example.com", "AWS_ENDPOINT_URL=vpce.example.com"})
    void namesWhatAwsLacks(String setting) throws IOException {
        Map<String, String> aws = Map.of("TOKEN_STORE", "aws", "AWS_SECRET_ID", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:sales/loft-a1B2c3", "AWS_REGION", "eu-central-1",
                "AWS_ENDPOINT_URL", "https://vpce-1.secretsmanager.eu-central-1.vpce.amazonaws.com");
        namesWhatAStoreLacks(aws, setting);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GCP_PROJECT=", "GCP_PROJECT=my project", "GCP_SECRET=", "GCP_SECRET=projects/p/secrets/s", "GCP_ENDPOINT_URL=http://secretmanager.googleapis.com",
            "GCP_ENDPOINT_URL=https://secretmanager.googleapis.com/", "GOOGLE_APPLICATION_CREDENTIALS=/nowhere/key.json"})
    void namesWhatGcpLacks(String setting) throws IOException {
        namesWhatAStoreLacks(Map.of("TOKEN_STORE", "gcp", "GCP_PROJECT", "sales-integration", "GCP_SECRET", "salesloft"), setting);
    }

    private static void namesWhatAStoreLacks(Map<String, String> store, String setting) throws IOException {
        Map<String, String> all = new HashMap<>(store);
        check(OAUTH, all);
        String[] pair = setting.split("=", 2);
        all.put(pair[0], pair[1]);
        assertThatThrownBy(() -> check(OAUTH, all)).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith(pair[0] + ": ").hasMessageNotContaining("\n");
        // Nobody asks for it where an API key makes the pair irrelevant.
        all.putAll(Map.of("SALESLOFT_API_KEY", "ak"));
        assertThatCode(() -> check(OAUTH, all)).doesNotThrowAnyException();
    }

    @Test
    void namesWhatAnIssuerLacks() {
        assertThatThrownBy(() -> check(LEAST, Map.of("OIDC_ISSUER", "https://login.example.com/realms/a"))).isInstanceOf(InvalidSettingException.class).hasMessage("OIDC_AUDIENCE: missing");
        assertThatCode(() -> check(LEAST, Map.of("OIDC_ISSUER", "https://login.example.com/realms/a", "OIDC_AUDIENCE", "salesloft", "OIDC_ROLE_CLAIM", "realm_access.roles",
                "OIDC_ROLES", "4f1c=reader,sales ops=operator"))).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(LEAST, Map.of("OIDC_CLIENT_ID", "console"))).isInstanceOf(InvalidSettingException.class).hasMessage("OIDC_ISSUER: missing");
        assertThatCode(() -> check(LEAST, Map.of("OIDC_ISSUER", "http://[::1]:8080", "OIDC_AUDIENCE", "salesloft"))).doesNotThrowAnyException();
    }

    /** Somebody authorises it in the browser. */
    @Test
    void startsWithoutARefreshToken() {
        assertThatThrownBy(() -> check(OAUTH, Map.of("SALESLOFT_REFRESH_TOKEN", ""))).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("SALESLOFT_REFRESH_TOKEN: missing; ");
        assertThatCode(() -> check(OAUTH, Map.of("SALESLOFT_REFRESH_TOKEN", "", "OAUTH_REDIRECT_URL", "https://us.example.com/oauth/callback", "OAUTH_PKCE", "S256"))).doesNotThrowAnyException();
    }

    /** What carries secrets or personal data goes in clear to this machine alone. */
    @ParameterizedTest
    @ValueSource(strings = {"SALESLOFT_API_URL", "SALESLOFT_ACCOUNTS_URL", "OAUTH_REDIRECT_URL", "NOTIFY_SALES_URL", "NOTIFY_OPS_URL", "ROLLBACK_WEBHOOK_URL"})
    void wantsHttpsWhereItLeavesTheMachine(String variable) {
        Map<String, String> webhook = Map.of("ROLLBACK_PLATFORM", "webhook", "ROLLBACK_WEBHOOK_URL", "https://localhost/x", "OPS_TOKEN", "t");
        for (String url : new String[] {"http://x.example.com/a", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1:80", "http://[2001:db8::1]/", "http://[::10]"}) {
            assertThatThrownBy(() -> check(LEAST, with(webhook, variable, url))).as(url).isInstanceOf(InvalidSettingException.class)
                    .hasMessage(variable + ": must begin with https:// (http:// is for localhost alone)");
        }
        for (String url : new String[] {"https://x.example.com/a", "http://localhost:8089", "http://127.0.0.1/x", "http://[::1]:80/x"}) {
            assertThatCode(() -> check(LEAST, with(webhook, variable, url))).as(url).doesNotThrowAnyException();
        }
    }

    @Test
    void namesTheCertificateThatIsMissing() {
        Map<String, String> tls = with(Map.of("SERVER_SSL_BUNDLE", "listener"), "SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_CERTIFICATE", "/nowhere/tls.crt");
        assertThatThrownBy(() -> check(LEAST, tls)).isInstanceOf(InvalidSettingException.class)
                .hasMessage("SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_CERTIFICATE: no file that can be read: /nowhere/tls.crt");
        assertThatThrownBy(() -> check(LEAST, with(tls, "SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_CERTIFICATE", "file:pom.xml"))).isInstanceOf(InvalidSettingException.class)
                .hasMessage("SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_PRIVATEKEY: no file that can be read: ");
    }

    /** The right one is in FirstConnectionProcessTest, in a process of its own: the JVM is told. */
    @Test
    void namesAuthoritiesThatCannotBeRead() {
        for (Map.Entry<String, String> wrong : Map.of("/nowhere/ca.crt", "cannot be read: /nowhere/ca.crt", "LICENSE.none", "cannot be read: LICENSE.none",
                "pom.xml", "must hold certificates in PEM: pom.xml").entrySet()) {
            StandardEnvironment environment = new StandardEnvironment();
            environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of("salesloft.extra-ca-certs", wrong.getKey())));
            assertThatThrownBy(() -> new TrustedCertificates().postProcessEnvironment(environment, null)).isInstanceOf(InvalidSettingException.class)
                    .hasMessage("EXTRA_CA_CERTS: " + wrong.getValue());
        }
        assertThat(System.getProperty("javax.net.ssl.trustStore")).isNull();
    }

    private static Map<String, String> with(Map<String, String> settings, String variable, String value) {
        Map<String, String> all = new HashMap<>(settings);
        all.put(variable, value);
        return all;
    }

    @Test
    void handsTheProxyToTheHttpClient() throws IOException {
        check(LEAST, Map.of("HTTPS_PROXY", "http://user:p%40ss@proxy:3128", "NO_PROXY", "localhost, .internal"));
        assertThat(System.getProperty("https.proxyHost")).isEqualTo("proxy");
        assertThat(System.getProperty("https.proxyPort")).isEqualTo("3128");
        assertThat(System.getProperty("https.proxyUser")).isEqualTo("user");
        assertThat(System.getProperty("https.proxyPassword")).isEqualTo("p@ss");
        assertThat(System.getProperty("http.nonProxyHosts")).isEqualTo("localhost|*.internal");
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> others) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(others);
        return all;
    }

    private static void check(Map<String, String> settings, Map<String, String> changes) throws IOException {
        Map<String, Object> all = new HashMap<>(settings);
        all.putAll(changes);
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().forEach(source -> environment.getPropertySources().remove(source.getName()));
        environment.getPropertySources().addLast(new SystemEnvironmentPropertySource("environment", all));
        for (String file : List.of("application.yaml", "src/main/resources/application.yaml")) {
            environment.getPropertySources().addLast(new YamlPropertySourceLoader().load(file, new FileSystemResource(file)).get(0));
        }
        new SettingsCheck().postProcessEnvironment(environment, null);
        new HttpsProxy().postProcessEnvironment(environment, null);
    }
}
