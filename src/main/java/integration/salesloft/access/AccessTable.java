package integration.salesloft.access;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which roles open which endpoint. What has no row is open to nobody. */
public class AccessTable {

    private static final Pattern ROW = Pattern.compile("([A-Z]+) (/\\S*): +(.+)");
    /** Anybody may call; or the route itself finds out who does, by a signature, or by a state that it has given out. */
    private static final Set<String> OPEN = Set.of("anyone", "signature", "state");

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /** @param roles of which one is needed; none where no token is */
    record Row(Set<Role> roles) {

        boolean isOpen() {
            return roles.isEmpty();
        }
    }

    /**
     * @param text a line each: {@code GET /path/{id}: role, role}, the path written as its endpoint is, or in place of roles one word for what needs no token;
     *             empty lines, and lines that begin with #, are none
     */
    public AccessTable(String text) {
        text.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(line -> {
            Matcher row = ROW.matcher(line);
            if (!row.matches() || rows.put(row.group(1) + " " + row.group(2), row(row.group(3), line)) != null) {
                throw new IllegalArgumentException("a row is written as GET /path: role, role, and there is one for each method and path: " + line);
            }
        });
    }

    private static Row row(String words, String line) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        if (!OPEN.contains(words)) {
            for (String word : words.split(", *")) {
                roles.add(Role.of(word).orElseThrow(() -> new IllegalArgumentException("there is no role " + word + ": " + line)));
            }
        }
        return new Row(roles);
    }

    /** All rows of an endpoint, by method. */
    Map<String, Row> rows(String path) {
        return rows.entrySet().stream().filter(row -> row.getKey().endsWith(" " + path))
                .collect(Collectors.toMap(row -> row.getKey().substring(0, row.getKey().indexOf(' ')), Map.Entry::getValue));
    }
}
