package integration.salesloft;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.jdbc.core.JdbcTemplate;

/** Searches all that a container has stored: every column of every table, whatever it is for, and every record of every topic. */
final class Everywhere {

    private Everywhere() {
    }

    /** The tables that hold one of these texts in any column that can hold text, whatever its case. */
    static Set<String> tables(JdbcTemplate sql, String... texts) {
        Set<String> found = new TreeSet<>();
        List<Map<String, Object>> columns = sql.queryForList("""
                select c.relname as tab, a.attname as col, format_type(a.atttypid, null) as type from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'm') and a.attnum > 0 and not a.attisdropped""");
        for (Map<String, Object> column : columns) {
            String text = column.get("type").equals("bytea") ? "encode(%s, 'escape')" : "cast(%s as text)";
            for (String wanted : texts) {
                String query = "select exists (select from %s where strpos(lower(%s), ?) > 0)".formatted(quoted(column.get("tab")), text.formatted(quoted(column.get("col"))));
                if (Boolean.TRUE.equals(sql.queryForObject(query, Boolean.class, wanted.toLowerCase(Locale.ROOT)))) {
                    found.add(column.get("tab") + "." + column.get("col"));
                }
            }
        }
        return found;
    }

    /** The topics of which a record holds one of these texts, with how many do; all that are there, but for Kafka's own. */
    static Map<String, Long> topics(Kafka kafka, String... texts) {
        return kafka.all(names(kafka)).stream().filter(record -> Stream.of(texts).anyMatch(wanted -> holds(record, wanted.toLowerCase(Locale.ROOT))))
                .collect(Collectors.groupingBy(ConsumerRecord::topic, Collectors.counting()));
    }

    private static boolean holds(ConsumerRecord<String, String> record, String wanted) {
        List<String> parts = new ArrayList<>(List.of(String.valueOf(record.key()), String.valueOf(record.value())));
        record.headers().forEach(header -> parts.add(new String(header.value())));
        return parts.stream().anyMatch(part -> part.toLowerCase(Locale.ROOT).contains(wanted));
    }

    static Set<String> names(Kafka kafka) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.brokers()))) {
            Set<String> names = new TreeSet<>(admin.listTopics().names().get());
            names.removeIf(name -> name.startsWith("__"));
            return names;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String quoted(Object name) {
        return "\"" + name + "\"";
    }
}
