package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Migrations on a database that an older release has filled. */
class MigrationTest {

    /** V7 indexes names whole, and PostgreSQL refuses an index entry above 2.7 kB. */
    @Test
    void keepsRecordsThatTheIndexesOfV7WouldRefuse() {
        new JdbcTemplate(new DriverManagerDataSource(Postgres.shared().url("postgres"))).execute("create database migration");
        DriverManagerDataSource database = new DriverManagerDataSource(Postgres.shared().url("migration"));
        JdbcTemplate sql = new JdbcTemplate(database);
        Flyway.configure().dataSource(database).target("6").load().migrate();
        sql.update("""
                insert into record (resource, id, updated_at, document)
                select resource, id, now(), jsonb_build_object('last_name', long, 'email_address', long, 'person', jsonb_build_object('id', long))
                  from (select string_agg(md5(cast(n as text)), '') as long from generate_series(1, 250) n) text,
                       (values ('people', 1), ('cadence_memberships', 2)) kind (resource, id)""");
        sql.update("insert into record (resource, id, updated_at, document) values ('people', 3, now(), '{\"last_name\":\"short\"}')");

        Flyway.configure().dataSource(database).load().migrate();

        assertThat(sql.queryForList("select id from record where length(document ->> 'last_name') in (5, 8000) order by id", Integer.class)).isEqualTo(List.of(1, 2, 3));
        assertThat(sql.queryForObject("select to_regclass('record_set_aside') is null", Boolean.class)).isTrue();
    }
}
