package integration.salesloft;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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

    /** The tables that hold one of these texts in any column that can hold text, whatever its case. A question a table: there are hundreds of columns. */
    static Set<String> tables(JdbcTemplate sql, String... texts) {
        Map<String, List<String>> tables = new TreeMap<>();
        sql.query("""
                select c.relname, a.attname, format_type(a.atttypid, null) from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'm') and a.attnum > 0 and not a.attisdropped""", column -> {
            String name = column.getString(1) + "." + column.getString(2);
            String text = (column.getString(3).equals("bytea") ? "encode(%s, 'escape')" : "cast(%s as text)").formatted(quoted(column.getString(2)));
            tables.computeIfAbsent(column.getString(1), table -> new ArrayList<>()).add("case when bool_or(strpos(lower(%s), wanted) > 0) then '%s' end".formatted(text, name));
        });
        String wanted = String.join("\n", texts).toLowerCase(Locale.ROOT);
        return tables.entrySet().stream().map(table -> sql.queryForObject("select concat_ws(' ', %s) from %s, unnest(string_to_array(?, chr(10))) wanted"
                .formatted(String.join(", ", table.getValue()), quoted(table.getKey())), String.class, wanted))
                .flatMap(found -> Stream.of(found.split(" "))).filter(found -> !found.isEmpty()).collect(Collectors.toCollection(TreeSet::new));
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
