package integration.salesloft.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A report as people read it in a terminal. */
class TextTableTest {

    @Test
    void writesValuesThenATableForEachList() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("ok", false);
        report.put("items", List.of(row("short", "PASS", null), row("a longer one", "FAIL", "two\nlines")));
        report.put("release", null);
        report.put("none", List.of());
        assertThat(new TextTable().of(report)).isEqualTo("""
                ok: false
                release:

                item          state  evidence
                short         PASS
                a longer one  FAIL   two lines
                """);
    }

    private static Map<String, Object> row(Object... cells) {
        Map<String, Object> row = new LinkedHashMap<>();
        List<String> names = Arrays.asList("item", "state", "evidence");
        names.forEach(name -> row.put(name, cells[names.indexOf(name)]));
        return row;
    }
}
