package integration.salesloft.role;

import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which roles open which endpoint. What has no row is open to nobody. */
public class AccessTable {

    private static final Pattern ROW = Pattern.compile("([A-Z]+) (/\\S*): +(.+)");
    /** Anybody may call; or the route itself finds out who does, by a signature, or by a state that it has given out. */
    private static final Set<String> OPEN = Set.of("anyone", "signature", "state");

    private final Map<String, Map<String, Row>> rows = new LinkedHashMap<>();

    /**
     * Who may call one method of one path.
     *
     * @param path  as its endpoint is written
     * @param roles of which one is needed; none where no token is
     */
    public record Row(String method, String path, Set<Role> roles) {

        public boolean isOpen() {
            return roles.isEmpty();
        }
    }

    /**
     * @param text a line each, as {@link #row} reads it; empty lines, and lines that begin with #, are none
     * @throws IllegalArgumentException naming a line that is no row, or is another one of its method and path
     */
    public AccessTable(String text) {
        text.lines().filter(AccessTable::isRow).map(AccessTable::row).forEach(row -> {
            if (rows.computeIfAbsent(row.path, path -> new LinkedHashMap<>()).put(row.method, row) != null) {
                throw new IllegalArgumentException("there is one row for each method and path: " + row.method + " " + row.path);
            }
        });
    }

    /** Whether a line is meant to be a row. */
    public static boolean isRow(String line) {
        return !line.isBlank() && !line.strip().startsWith("#");
    }

    /**
     * @param line {@code GET /path/{id}: role, role}, or in place of roles one word for what needs no token
     * @throws IllegalArgumentException when it is written otherwise
     */
    public static Row row(String line) {
        Matcher row = ROW.matcher(line.strip());
        if (!row.matches()) {
            throw new IllegalArgumentException("a row is written as GET /path: role, role; this is none: " + line.strip());
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        if (!OPEN.contains(row.group(3))) {
            for (String word : row.group(3).split(", *")) {
                roles.add(Role.of(word).orElseThrow(() -> new IllegalArgumentException("there is no role " + word + ": " + line.strip())));
            }
        }
        return new Row(row.group(1), row.group(2), roles);
    }

    /** What is open to whoever has one of these roles, each as the table has it, such as {@code GET /path/{id}}, in its order; without what needs no token. */
    public List<String> opened(Collection<String> roles) {
        return rows.values().stream().flatMap(endpoint -> endpoint.values().stream()).filter(row -> row.roles.stream().anyMatch(role -> roles.contains(role.toString())))
                .map(row -> row.method + " " + row.path).toList();
    }

    /** All rows of an endpoint, by method. */
    public Map<String, Row> rows(String path) {
        return rows.getOrDefault(path, Map.of());
    }
}
