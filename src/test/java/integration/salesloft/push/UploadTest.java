package integration.salesloft.push;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.http.BadRequest;
import integration.salesloft.http.RequestTimeout;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reading uploads: however they are cut into batches, all rows come, in order, and the digest is that of the whole. */
class UploadTest {

    @Test
    void refusesMoreRowsThanAJobMayHave() {
        Upload upload = open("1\n".repeat(1_000_001), "application/x-ndjson");
        assertThatThrownBy(() -> upload.forEachRemaining(batch -> { })).isInstanceOf(BadRequest.class).hasMessage("more than 1000000 rows: send them as several uploads");
    }

    @Test
    void keepsNoMoreThanABatch() {
        List<Integer> lengths = new ArrayList<>();
        open(quoted("{'x':'%s'}\n", "x".repeat(300_000)).repeat(20), "application/x-ndjson").forEachRemaining(batch -> lengths.add(batch.length()));
        assertThat(lengths).hasSize(5).allMatch(length -> length < 1_300_000);
    }

    @Test
    void saysThatItWasCutOff() {
        InputStream body = new SequenceInputStream(new ByteArrayInputStream("[{},".getBytes(StandardCharsets.UTF_8)), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }
        });
        assertThatThrownBy(() -> new Rows(1_000_000).open(body, null, "").forEachRemaining(batch -> { })).isInstanceOf(RequestTimeout.class)
                .hasMessage("cut off after 1 rows, of which none was kept");
    }

    @Property(tries = 50)
    void readsTheSameRowsWhateverTheFormat(@ForAll @Size(max = 30) List<@IntRange(max = 9) Integer> values, @ForAll @IntRange(min = 1, max = 90) int times) {
        StringBuilder json = new StringBuilder("[");
        StringBuilder lines = new StringBuilder();
        int rows = 0;
        for (int i = 0; i < times; i++) {
            for (int value : values) {
                json.append(rows++ == 0 ? "" : ",").append(quoted("{'n':")).append(value).append('}');
                lines.append(quoted("{'n':")).append(value).append("}\n");
            }
        }
        String asArray = all(open(json.append(']').toString(), "application/json"));
        String asLines = all(open(lines.toString(), "application/x-ndjson"));
        assertThat(asArray).isEqualTo(asLines);
        assertThat(asArray.split(quoted("'number':"), -1)).hasSize(rows + 1);
    }

    @Test
    void readsJsonAsItStandsThere() {
        assertThat(all(open(quoted("[{'n':1.10},null, 5]"), null))).contains(quoted("'row':{'n':1.10}"), quoted("'row':null"), quoted("'row':5"));
        assertThat(all(open(quoted("{'n':12345678901234567890.5}"), null))).contains(quoted("'row':{'n':12345678901234567890.5}"));
        assertThat(all(open("", null))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "[{},{}] {} | after 2 rows: more than one JSON value",
            "{} {}      | after 0 rows: more than one JSON value; rows by the line are application/x-ndjson",
            "[{},{}     | after 2 rows: Unexpected end-of-input",
            "[{} {}]    | after 1 rows: Unexpected character"})
    void saysWhatIsNoJson(String body, String why) {
        assertThatThrownBy(() -> all(open(body, null))).isInstanceOf(BadRequest.class).hasMessageStartingWith("cannot be read at line 1, column ").hasMessageContaining(why);
    }

    @Test
    void holdsNoRowThatIsTooLong() {
        assertThatThrownBy(() -> all(open(quoted("[{'x':'%s'}]", "x".repeat(1 << 20)), null))).isInstanceOf(BadRequest.class).hasMessageEndingWith("a row is longer than 1048576 characters");
    }

    @Test
    void tellsUploadsApart() {
        assertThat(digest("{}", "a")).isEqualTo(digest("{}", "a")).isNotEqualTo(digest("{}", "b")).isNotEqualTo(digest("{} ", "a")).hasSize(64);
    }

    private static String digest(String body, String how) {
        Upload upload = new Rows(1_000_000).open(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), null, how);
        upload.forEachRemaining(batch -> { });
        return upload.getDigest();
    }

    private static Upload open(String body, String type) {
        return new Rows(1_000_000).open(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), type, "");
    }

    private static String all(Upload upload) {
        StringBuilder all = new StringBuilder();
        upload.forEachRemaining(batch -> all.append(batch, 1, batch.length() - 1).append(','));
        return all.toString();
    }
}
