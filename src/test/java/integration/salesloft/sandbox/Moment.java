package integration.salesloft.sandbox;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;

/** Timestamps as SalesLoft writes and compares them: microseconds since the epoch, six fraction digits in text. */
final class Moment {

    static final long SECOND = 1_000_000L;
    static final long DAY = 86_400 * SECOND;

    private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");
    private static final DateTimeFormatter TEXT = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSXXX");
    private static final DateTimeFormatter ISO = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .optionalStart().appendLiteral('T').append(DateTimeFormatter.ISO_LOCAL_TIME)
            .appendPattern("[XXX][XX][X]").optionalEnd()
            .parseDefaulting(ChronoField.HOUR_OF_DAY, 0)
            .parseDefaulting(ChronoField.OFFSET_SECONDS, 0)
            .toFormatter();

    private Moment() {
    }

    static long now() {
        return micros(Instant.now());
    }

    static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    static String utc(long micros) {
        return TEXT.format(instant(micros).atOffset(ZoneOffset.UTC));
    }

    /** Half of the records speak New York time with its daylight saving, the other half UTC. */
    static String text(long micros, long id) {
        return id % 2 == 0 ? TEXT.format(instant(micros).atZone(NEW_YORK)) : utc(micros);
    }

    /** The same instant and offset with exactly six fraction digits. */
    static String normalised(String iso) {
        TemporalAccessor parsed = ISO.parse(iso);
        Instant instant = Instant.from(parsed);
        return TEXT.format(OffsetDateTime.ofInstant(instant, ZoneOffset.ofTotalSeconds(parsed.get(ChronoField.OFFSET_SECONDS))));
    }

    /**
     * Parses an ISO-8601 date or date-time; without an offset it is taken as UTC, digits past the sixth are dropped.
     *
     * @throws DateTimeException when it is neither
     */
    static long parse(String iso) {
        return micros(Instant.from(ISO.parse(iso)));
    }
}
