package integration.salesloft.token;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.core.env.Environment;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.vault.authentication.AppRoleAuthentication;
import org.springframework.vault.authentication.AppRoleAuthenticationOptions.RoleId;
import org.springframework.vault.authentication.AppRoleAuthenticationOptions.SecretId;
import org.springframework.vault.authentication.AppRoleAuthenticationOptions;
import org.springframework.vault.authentication.ClientAuthentication;
import org.springframework.vault.authentication.KubernetesAuthentication;
import org.springframework.vault.authentication.KubernetesAuthenticationOptions;
import org.springframework.vault.authentication.LifecycleAwareSessionManager;
import org.springframework.vault.authentication.LoginToken;
import org.springframework.vault.authentication.TokenAuthentication;
import org.springframework.vault.support.LeaseStrategy;
import org.springframework.vault.support.VaultToken;
import org.springframework.web.client.RestOperations;

/**
 * Who we are for Vault: {@code VAULT_TOKEN}, else a login with {@code VAULT_ROLE} as a service account of Kubernetes, else one with
 * {@code VAULT_ROLE_ID} and {@code VAULT_SECRET_ID}. The token of Vault is renewed at a third of its time, so that two renewals may
 * fail before it ends.
 */
class VaultSession extends LifecycleAwareSessionManager {

    private static final RefreshTrigger AT_A_THIRD = new RefreshTrigger() {

        @Override
        public Instant nextExecution(LoginToken token) {
            return Instant.now().plus(token.getLeaseDuration().dividedBy(3));
        }

        @Override
        public Duration getValidTtlThreshold(LoginToken token) {
            return Duration.ofSeconds(1);
        }
    };

    VaultSession(Environment settings, TaskScheduler scheduler, RestOperations vault) {
        super(login(settings, vault), scheduler, vault, AT_A_THIRD);
        setLeaseStrategy(LeaseStrategy.retainOnError());
    }

    /** The settings that say who we are. */
    static String names(Environment settings) {
        return !value(settings, "token").isEmpty() ? "VAULT_TOKEN" : !value(settings, "role").isEmpty() ? "VAULT_ROLE" : "VAULT_ROLE_ID, VAULT_SECRET_ID";
    }

    /** One that Vault could not be asked about, and that therefore is not renewed, is looked up again with the next call. */
    VaultToken token() {
        VaultToken token = getSessionToken();
        if (!(token instanceof LoginToken)) {
            forget();
        }
        return token;
    }

    /** Vault has refused the token: the next call logs in anew. */
    void forget() {
        setToken(Optional.empty());
    }

    private static ClientAuthentication login(Environment settings, RestOperations vault) {
        String mount = value(settings, "auth-path");
        if (!value(settings, "token").isEmpty()) {
            return new TokenAuthentication(value(settings, "token"));
        }
        if (!value(settings, "role").isEmpty()) {
            return new KubernetesAuthentication(KubernetesAuthenticationOptions.builder().path(mount.isEmpty() ? "kubernetes" : mount)
                    .role(value(settings, "role")).jwtSupplier(() -> text(value(settings, "service-account-token"))).build(), vault);
        }
        return new AppRoleAuthentication(AppRoleAuthenticationOptions.builder().path(mount.isEmpty() ? "approle" : mount)
                .roleId(RoleId.provided(value(settings, "role-id"))).secretId(SecretId.provided(value(settings, "secret-id"))).build(), vault);
    }

    /** Read at each login, because Kubernetes changes it. */
    private static String text(String file) {
        try {
            return Files.readString(Path.of(file), StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String value(Environment settings, String name) {
        return settings.getRequiredProperty("salesloft.vault." + name);
    }
}
