package integration.salesloft.http;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes a report for people: its values a line each, and each list of rows as a table with a column for each entry of its first row. */
public class TextTable {

    private static final String GAP = "  ";

    /** @param report values, and lists of maps with the same entries in the same order; a null is shown as nothing */
    public String of(Map<String, ?> report) {
        String values = report.entrySet().stream().filter(entry -> !(entry.getValue() instanceof List))
                .map(entry -> (entry.getKey() + ": " + text(entry.getValue())).strip() + "\n").collect(Collectors.joining());
        return values + report.values().stream().filter(List.class::isInstance).map(List.class::cast).filter(rows -> !rows.isEmpty())
                .map(rows -> "\n" + table(rows)).collect(Collectors.joining());
    }

    private static String table(List<?> rows) {
        List<Map<?, ?>> maps = rows.stream().<Map<?, ?>>map(row -> (Map<?, ?>) row).toList();
        List<?> columns = List.copyOf(maps.get(0).keySet());
        List<List<String>> lines = Stream.concat(Stream.of(columns.stream().map(TextTable::text).toList()),
                maps.stream().map(row -> columns.stream().map(column -> text(row.get(column))).toList())).toList();
        List<Integer> widths = columns.stream().map(columns::indexOf)
                .map(column -> lines.stream().mapToInt(line -> line.get(column).length()).max().orElse(0)).toList();
        return lines.stream().map(line -> line(line, widths) + "\n").collect(Collectors.joining());
    }

    private static String line(List<String> cells, List<Integer> widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            line.append(cells.get(column)).append(" ".repeat(widths.get(column) - cells.get(column).length())).append(GAP);
        }
        return line.toString().stripTrailing();
    }

    /** In one line, whatever it holds. */
    private static String text(Object value) {
        return Objects.toString(value, "").replaceAll("\\s+", " ").strip();
    }
}
