package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** Migrations on a database that an older release has filled. */
class MigrationTest {

    /** An index of a large table takes longer than any statement of the flows may. */
    @Test
    void givesAMigrationMoreTimeThanAStatement(@TempDir Path folder) throws Exception {
        JdbcTemplate sql = database("slow_migration");
        Files.writeString(folder.resolve("V1__slow.sql"), "select pg_sleep(1.5)");
        Map<String, String> settings = new HashMap<>(Installation.oauth(Postgres.shared().url("slow_migration"), "http://localhost:1"));
        settings.put("spring.datasource.hikari.data-source-properties.socketTimeout", "1");
        settings.put("spring.flyway.locations", "filesystem:" + folder);
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(MigrationOnly.class).web(WebApplicationType.NONE)
                .run(settings.entrySet().stream().map(setting -> "--" + setting.getKey() + "=" + setting.getValue()).toArray(String[]::new))) {
            assertThat(sql.queryForObject("select success from flyway_schema_history", Boolean.class)).isTrue();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class})
    static class MigrationOnly {
    }

    /** Records that change often are updated where they lie, and no index is written, as long as nothing changes by which they are looked up. */
    @Test
    void updatesRecordsInPlace() {
        JdbcTemplate sql = database("in_place");
        Flyway.configure().dataSource(sql.getDataSource()).load().migrate();
        sql.update("""
                insert into record (resource, id, updated_at, document)
                select resource, 1, now(), '{"id":1,"email_address":"Ada@Example.com ","phone":"+1 (555) 0100","domain":"Example.com","person":{"id":7},"title":"CEO"}'
                  from unnest(array['people', 'accounts', 'cadence_memberships', 'users']) resource""");
        assertThat(sql.queryForList("select concat_ws(' ', email, digits, domain, person) from record order by resource", String.class))
                .containsExactly("example.com", "7", "ada@example.com 15550100", "");
        new TransactionTemplate(new DataSourceTransactionManager(sql.getDataSource())).executeWithoutResult(transaction -> {
            assertThat(sql.update("update record set updated_at = now() + interval '1 second', document = document || jsonb_build_object('title', 'CTO')")).isEqualTo(4);
            assertThat(sql.queryForObject("select pg_stat_get_xact_tuples_hot_updated(cast('record' as regclass))", Integer.class)).isEqualTo(4);
            sql.update("update record set document = document || jsonb_build_object('email_address', 'grace@example.com') where resource = 'people'");
            assertThat(sql.queryForObject("select pg_stat_get_xact_tuples_hot_updated(cast('record' as regclass))", Integer.class)).isEqualTo(4);
        });
        assertThat(sql.queryForObject("select id from record where email = 'grace@example.com'", Integer.class)).isEqualTo(1);
    }

    /** V7 indexes names whole, and PostgreSQL refuses an index entry above 2.7 kB. */
    @Test
    void keepsRecordsThatTheIndexesOfV7WouldRefuse() {
        JdbcTemplate sql = database("migration");
        Flyway.configure().dataSource(sql.getDataSource()).target("6").load().migrate();
        sql.update("""
                insert into record (resource, id, updated_at, document)
                select resource, id, now(), jsonb_build_object('last_name', long, 'email_address', long, 'person', jsonb_build_object('id', long))
                  from (select string_agg(md5(cast(n as text)), '') as long from generate_series(1, 250) n) text,
                       (values ('people', 1), ('cadence_memberships', 2)) kind (resource, id)""");
        sql.update("insert into record (resource, id, updated_at, document) values ('people', 3, now(), jsonb_build_object('last_name', 'short'))");

        Flyway.configure().dataSource(sql.getDataSource()).load().migrate();

        assertThat(sql.queryForList("select id from record where length(document ->> 'last_name') in (5, 8000) order by id", Integer.class)).isEqualTo(List.of(1, 2, 3));
        assertThat(sql.queryForObject("select to_regclass('record_set_aside') is null", Boolean.class)).isTrue();
    }

    /** A new database without tables. */
    private static JdbcTemplate database(String name) {
        new JdbcTemplate(new DriverManagerDataSource(Postgres.shared().url("postgres"))).execute("create database " + name);
        return new JdbcTemplate(new SingleConnectionDataSource(Postgres.shared().url(name), "postgres", "postgres", true));
    }
}
