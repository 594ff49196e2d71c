package integration.salesloft.token;

import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the connections that hold the lock of a token renewal; their settings are {@code salesloft.token-lock} in application.yaml. */
@Configuration(proxyBeanMethods = false)
class TokenLock {

    @Bean(name = "token-lock-connections", defaultCandidate = false)
    @ConfigurationProperties("salesloft.token-lock")
    PGSimpleDataSource tokenLockConnections() {
        return new PGSimpleDataSource();
    }
}
