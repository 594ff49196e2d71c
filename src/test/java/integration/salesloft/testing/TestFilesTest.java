package integration.salesloft.testing;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A test that says something else than was meant is refused, by line and key. */
class TestFilesTest {

    @TempDir
    private Path folder;

    @Test
    void readsWhatIsWrittenInTheOrderOfTheNames() throws IOException {
        write("b.yaml", "test: second\nthen: {calls: [{call: GET /v2/people.json, count: 3}]}\n");
        write("a.yaml", "test: first\ngiven: {settings: {SALESLOFT_RATE_LIMIT: 0}}\nthen: {records: [{in: people}]}\n");
        write("notes.txt", "none");
        assertThat(new TestFiles().read(folder.toString())).extracting(test -> test.get("file")).containsExactly("a.yaml", "b.yaml");
        assertThat(new TestFiles().read(folder.resolve("a.yaml").toString()).get(0))
                .containsEntry("document", quoted("{'test':'first','given':{'settings':{'SALESLOFT_RATE_LIMIT':0}},'then':{'records':[{'in':'people'}]}}"));
    }

    @Test
    void namesTheLineAndTheKeyThatItDoesNotKnow() throws IOException {
        write("a.yaml", "test: misspelt\nthen:\n  calls:\n    - {call: GET /v2/people.json, cuont: 3}\nnevr: {}\n");
        write("b.yaml", "test: expects nothing\n");
        write("c.yaml", "test: [no text\n");
        write("d.yaml", "test: a method\nthen:\n  calls:\n    - {call: PATCH /x}\n");
        assertThatThrownBy(() -> new TestFiles().read(folder.toString())).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a.yaml:4: calls: unknown property cuont").hasMessageContaining("a.yaml:5: the file: unknown property nevr")
                .hasMessageContaining("b.yaml:1: the file: then is missing").hasMessageContaining("c.yaml:2: no YAML").hasMessageContaining("d.yaml:4: call: ");
    }

    @Test
    void saysWhereThereIsNone() {
        assertThatThrownBy(() -> new TestFiles().read(folder.toString())).hasMessage(folder + ": no tests there; a test is a file that ends in .yaml");
        assertThatThrownBy(() -> new TestFiles().read("nowhere")).hasMessageStartingWith("nowhere: no tests there");
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }
}
