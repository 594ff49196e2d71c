package integration.salesloft.start;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.env.ConfigurableEnvironment;

/** Reads settings as what they must be, and names the one that is something else. Never repeats the value of a secret. */
abstract class SettingReader {

    private final ConfigurableEnvironment environment;

    SettingReader(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    ConfigurableEnvironment environment() {
        return environment;
    }

    void certificates(String variable, String property) {
        if (!value(property).isEmpty()) {
            TrustedCertificates.read(variable, Path.of(value(property)));
        }
    }

    void pattern(String variable, String property, String pattern, String otherwise) {
        if (!value(property).matches(pattern)) {
            throw new InvalidSettingException(variable, otherwise);
        }
    }

    void required(String variable, String property) {
        if (value(property).isEmpty()) {
            throw new InvalidSettingException(variable, "missing" + SecretFiles.folders(environment).stream()
                    .map(folder -> ", also as a file: " + folder.getSource().resolve(variable)).findFirst().orElse(""));
        }
    }

    void key(String variable, String property) {
        String value = value(property);
        try {
            if (!value.isEmpty() && Base64.getDecoder().decode(value).length != 32) {
                throw new IllegalArgumentException("length");
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(variable, "must be 32 bytes in base64, as `openssl rand -base64 32` prints them");
        }
    }

    void url(String variable, String property) {
        try {
            URI uri = URI.create(value(property));
            if (uri.getHost() == null || !uri.getScheme().matches("https?")) {
                throw new IllegalArgumentException("no host");
            }
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new InvalidSettingException(variable, "must be a URL, https://host");
        }
    }

    /** For what carries secrets or personal data: in clear only to this machine itself. */
    void https(String variable, String property) {
        url(variable, property);
        if (!SecureUrl.is(value(property))) {
            throw new InvalidSettingException(variable, "must begin with https:// (http:// is for localhost alone)");
        }
    }

    void optionalUrl(String variable, String property) {
        if (!value(property).isEmpty()) {
            url(variable, property);
        }
    }

    void number(String variable, String property, int least, int most) {
        try {
            int number = Integer.parseInt(value(property));
            if (!value(property).matches("\\d+") || number < least || number > most) {
                throw new NumberFormatException("range");
            }
        } catch (NumberFormatException e) {
            throw new InvalidSettingException(variable, "must be a whole number from " + least + " to " + most);
        }
    }

    void duration(String variable, String property, Duration least) {
        try {
            // With its unit, because Spring, Camel and PostgreSQL each take a bare number for another.
            if (!value(property).matches("\\d+(ms|s|m|h|d)") || DurationStyle.detectAndParse(value(property)).compareTo(least) < 0) {
                throw new IllegalArgumentException("range");
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(variable, "must be a duration such as 60s or 5m, at least " + least.toMillis() + "ms");
        }
    }

    void instant(String variable, String property) {
        try {
            if (!value(property).isEmpty()) {
                OffsetDateTime.parse(value(property));
            }
        } catch (DateTimeParseException e) {
            throw new InvalidSettingException(variable, "must be an instant such as 2026-01-31T00:00:00Z");
        }
    }

    void oneOf(String variable, String property, List<String> allowed) {
        if (!allowed.contains(value(property))) {
            throw new InvalidSettingException(variable, "must be one of " + String.join(", ", allowed));
        }
    }

    String value(String property) {
        return environment.getProperty(property, "");
    }
}
