package integration.salesloft.webhook;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.http.BadRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What makes two deliveries the same, for all of them. */
class IdentityTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Identity identity = new Identity("");

    @Property
    void oneInstantIsOneVersionHoweverItIsWritten(@ForAll long id, @ForAll("instants") Instant at, @ForAll @IntRange(min = -18, max = 18) int offset,
            @ForAll("events") String event) throws Exception {
        String utc = key(event, Map.of("id", id, "updated_at", at.toString()));
        assertThat(key(event, Map.of("id", id, "updated_at", OffsetDateTime.ofInstant(at, ZoneOffset.ofHours(offset)).toString()))).isEqualTo(utc);
        assertThat(key(event, Map.of("id", Long.toString(id), "updated_at", at.toString(), "more", "x"))).isEqualTo(utc);
        assertThat(utc).contains(at.toString());
    }

    @Property
    void anotherEventRecordOrVersionIsAnotherIdentity(@ForAll long id, @ForAll long otherId, @ForAll("instants") Instant at, @ForAll("instants") Instant otherAt,
            @ForAll("events") String event, @ForAll("events") String otherEvent) throws Exception {
        Assume.that(id != otherId || !at.equals(otherAt) || !event.equals(otherEvent));
        assertThat(key(event, Map.of("id", id, "updated_at", at.toString())))
                .isNotEqualTo(key(otherEvent, Map.of("id", otherId, "updated_at", otherAt.toString())));
    }

    @Property
    void withoutAVersionTheBodyTells(@ForAll("events") String event, @ForAll String text, @ForAll String other) throws Exception {
        Map<String, Object> body = Map.of("id", 1, "text", text);
        assertThat(key(event, body)).isEqualTo(key(event, body));
        if (!text.equals(other)) {
            assertThat(key(event, body)).isNotEqualTo(key(event, Map.of("id", 1, "text", other)));
        }
    }

    @Property
    void anyObjectHasAnIdentityThatIsShortEnoughForAnIndex(@ForAll String event, @ForAll Map<String, String> fields) throws Exception {
        assertThat(key(event, new LinkedHashMap<>(fields))).isNotEmpty().hasSizeLessThanOrEqualTo(200);
    }

    @Property
    void nothingButAnObjectHasOne(@ForAll String text) {
        assertThatThrownBy(() -> identity.key("person_updated", null, JSON.writeValueAsBytes(text))).isInstanceOf(BadRequest.class);
    }

    @Property
    void aConfiguredIdCountsInHeaderAndField(@ForAll("ids") String id, @ForAll("events") String event, @ForAll("instants") Instant at) throws Exception {
        Identity configured = new Identity("event_id");
        String byField = configured.key(event, null, JSON.writeValueAsBytes(Map.of("event_id", id, "id", 1, "updated_at", at.toString())));
        assertThat(byField).isEqualTo(configured.key("another", id, quoted("{'event_id':'not this one'}").getBytes(StandardCharsets.UTF_8)));
        assertThat(configured.key(event, null, quoted("{'id':1,'updated_at':'%s'}", at).getBytes(StandardCharsets.UTF_8))).isEqualTo(key(event, Map.of("id", 1, "updated_at", at.toString())));
    }

    @Provide
    Arbitrary<Instant> instants() {
        return Arbitraries.longs().between(0, 4_000_000_000_000_000L).map(micros -> Instant.EPOCH.plusNanos(micros * 1_000));
    }

    @Provide
    Arbitrary<String> events() {
        return Arbitraries.strings().withCharRange('a', 'z').withChars('_', ':', '0', '7').ofMinLength(1).ofMaxLength(40);
    }

    @Provide
    Arbitrary<String> ids() {
        return Arbitraries.strings().alpha().numeric().withChars('-').ofMinLength(1).ofMaxLength(500);
    }

    private String key(String event, Map<String, Object> body) throws Exception {
        return identity.key(event, null, JSON.writeValueAsBytes(body));
    }
}
