package integration.salesloft.http;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The second connection pool, beside Spring Boot's own; its limits are {@code salesloft.intake-pool} in application.yaml. */
@Configuration(proxyBeanMethods = false)
class IntakePool {

    @Bean(name = "intake-pool", defaultCandidate = false)
    @ConfigurationProperties("salesloft.intake-pool")
    HikariDataSource intakePool() {
        return new HikariDataSource();
    }
}
