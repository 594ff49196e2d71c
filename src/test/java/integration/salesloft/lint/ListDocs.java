package integration.salesloft.lint;

import integration.salesloft.Blocks;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.boot.convert.DurationStyle;

/** The table of the lists that can be mirrored, made from their blocks. */
final class ListDocs {

    private static final long DAY = 86_400;
    /** The setting's default. */
    private static final String POLLED = "60s";

    private ListDocs() {
    }

    static String table() {
        return Blocks.all().values().stream().map(ListDocs::row)
                .collect(Collectors.joining("\n", "| resource, view | SalesLoft's list | read | points a day | deletions | ids |\n|---|---|---|---|---|---|\n", ""));
    }

    private static String row(Map<String, Object> block) {
        boolean whole = block.get("mode").equals("full");
        String every = block.get("every").toString();
        long times = DAY / DurationStyle.detectAndParse(every).toSeconds();
        String how = (whole ? "whole, every " : "what changed, every ") + (every.equals(POLLED) ? "`SYNC_INTERVAL`" : every);
        String price = block.get("paging").equals("none") ? String.valueOf(times) : whole ? times + " for each 100 records" : String.format("%,d, and 1 for each 100 changes", times);
        return "| `%s` | `%s` | %s | %s | %s | %s |".formatted(block.get("resource"), block.get("path").toString().replaceFirst("^/v2/", "").replaceFirst("\\.json$", ""), how, price,
                block.get("vanished").equals("ids") ? "asked by id" : "not in two readings", block.get("ids").equals("text") ? "texts (UUIDs)" : "numbers");
    }
}
