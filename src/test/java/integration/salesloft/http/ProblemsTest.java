package integration.salesloft.http;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which status a failure has, and what its document tells the caller. */
class ProblemsTest {

    private static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private final Problems problems = new Problems("""
            integration.salesloft.http.Problem: 400
            integration.salesloft.http.NotFound: 404
            com.fasterxml.jackson.core.JsonProcessingException: 422
            """);

    @Test
    void looksForTheClassThenForWhatItExtendsThenForTheCause() {
        assertThat(problems.status(new NotFound("x"))).isEqualTo(404);
        assertThat(problems.status(new Conflict("x"))).isEqualTo(400);
        assertThat(problems.status(new IllegalStateException(new NotFound("x")))).isEqualTo(404);
        assertThat(problems.status(new IllegalStateException("x"))).isEqualTo(503);
        assertThat(problems.knows(new IllegalStateException(new NotFound("x")))).isTrue();
        assertThat(problems.knows(new StackOverflowError())).isFalse();
    }

    @Test
    void tellsOnlyWhatIsMeantForTheCaller() {
        assertThat(problems.document(new IllegalStateException("secret", new NotFound("there is no job 7")), TRACEPARENT))
                .isEqualTo(quoted("{'type':'about:blank','title':'Not Found','status':404,'detail':'there is no job 7','trace':'0af7651916cd43dd8448eb211c80319c'}"));
        assertThat(problems.document(new IllegalStateException("secret"), TRACEPARENT)).isEqualTo(quoted("{'type':'about:blank','title':'Service Unavailable','status':503,'trace':'0af7651916cd43dd8448eb211c80319c'}"));
        assertThat(problems.document(malformed("{"), TRACEPARENT)).contains(quoted("'status':422"), quoted("'detail':'not JSON: Unexpected end-of-input"));
        assertThat(problems.document(malformed("[]"), TRACEPARENT)).contains(quoted("'detail':'not the JSON that is expected here'"));
    }

    @Test
    void refusesWhatIsNoStatus() {
        assertThatThrownBy(() -> new Problems("java.lang.Exception: 999")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Problems("java.lang.Exception: bad request")).isInstanceOf(IllegalArgumentException.class);
    }

    private static Exception malformed(String text) {
        try {
            new ObjectMapper().readValue(text, Map.class);
            throw new AssertionError(text);
        } catch (JsonProcessingException e) {
            return e;
        }
    }
}
