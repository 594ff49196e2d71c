package integration.salesloft.start;

import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/** The settings of the token stores, of which those that are used are checked. */
final class TokenStoreSettings extends SettingReader {

    TokenStoreSettings(ConfigurableEnvironment environment) {
        super(environment);
    }

    /** What the token store needs that this setting names. */
    void check(String variable, String property) {
        String store = value(property);
        String client = value("salesloft.token-store-clients." + store);
        if (!client.isEmpty() && !ClassUtils.isPresent(client, getClass().getClassLoader())) {
            throw new InvalidSettingException(variable, "the client of " + store + " is not in this build; build it without -Pwithout-" + store);
        }
        switch (store) {
            case "vault" -> vault();
            case "kubernetes" -> kubernetes();
            case "aws" -> aws();
            case "gcp" -> gcp();
            default -> { }
        }
    }

    private void kubernetes() {
        pattern("TOKEN_SECRET_NAME", "salesloft.token-secret-name", "[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "must be the name of a Secret");
        pattern("TOKEN_SECRET_NAMESPACE", "salesloft.token-secret-namespace", "|[a-z0-9]([a-z0-9-]*[a-z0-9])?", "must be the name of a namespace");
    }

    private void aws() {
        required("AWS_SECRET_ID", "salesloft.aws.secret-id");
        pattern("AWS_SECRET_ID", "salesloft.aws.secret-id", "[\\w/+=.@:-]{1,2048}", "must be the name or the ARN of a secret");
        required("AWS_REGION", "salesloft.aws.region");
        pattern("AWS_REGION", "salesloft.aws.region", "[a-z0-9-]+", "must be the name of a region, such as eu-central-1");
        if (!value("salesloft.aws.endpoint-url").isEmpty()) {
            https("AWS_ENDPOINT_URL", "salesloft.aws.endpoint-url");
        }
    }

    private void gcp() {
        required("GCP_PROJECT", "salesloft.gcp.project");
        pattern("GCP_PROJECT", "salesloft.gcp.project", "[a-z0-9:.-]+", "must be the id or the number of a project");
        required("GCP_SECRET", "salesloft.gcp.secret");
        pattern("GCP_SECRET", "salesloft.gcp.secret", "[\\w-]{1,255}", "must be the name of a secret, without its project");
        https("GCP_ENDPOINT_URL", "salesloft.gcp.endpoint-url");
        pattern("GCP_ENDPOINT_URL", "salesloft.gcp.endpoint-url", ".*[^/]", "must not end with a slash");
        if (!value("salesloft.gcp.credentials").isEmpty() && !Files.isReadable(Path.of(value("salesloft.gcp.credentials")))) {
            throw new InvalidSettingException("GOOGLE_APPLICATION_CREDENTIALS", "must be a file, and cannot be read");
        }
    }

    private void vault() {
        https("VAULT_ADDR", "salesloft.vault.addr");
        pattern("VAULT_SECRET_PATH", "salesloft.vault.secret-path", "[\\w.-]+(/[\\w.-]+)+", "must be the mount of a key-value engine and the path of a secret, such as secret/salesloft");
        pattern("VAULT_NAMESPACE", "salesloft.vault.namespace", "[\\w./-]*", "must be the name of a namespace");
        pattern("VAULT_AUTH_PATH", "salesloft.vault.auth-path", "|[\\w.-]+(/[\\w.-]+)*", "must be the mount of a login, such as kubernetes");
        if (value("salesloft.vault.token").isEmpty() && value("salesloft.vault.role").isEmpty()) {
            if (value("salesloft.vault.role-id").isEmpty()) {
                throw new InvalidSettingException("VAULT_TOKEN", "missing; set it, or VAULT_ROLE, or VAULT_ROLE_ID and VAULT_SECRET_ID");
            }
            required("VAULT_SECRET_ID", "salesloft.vault.secret-id");
        }
        certificates("VAULT_CACERT", "salesloft.vault.cacert");
    }
}
