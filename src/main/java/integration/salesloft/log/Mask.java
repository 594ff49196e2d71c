package integration.salesloft.log;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** What no line of the log may hold: e-mail addresses, telephone numbers as people write them, what stands behind the name of a secret, and our own secrets. */
final class Mask {

    private static final String MASKED = "***";
    /** A shorter one would be found in words that are no secret. */
    private static final int SHORTEST_SECRET = 12;

    // In a line of JSON quotes and ends of lines are escaped: none of these patterns takes a backslash, or the letter behind it.
    private static final Pattern ADDRESS = Pattern.compile("(?<!(?<!\\\\)\\\\)[\\p{L}\\p{N}.!#$%&'*+/=?^_`{|}~-]+(?:@|%40)[\\p{L}\\p{N}-]+(?:\\.[\\p{L}\\p{N}-]+)+");
    private static final Pattern PHONE = Pattern.compile("(?:(?<![\\w.-])|(?<=\\\\[nrt]))(?:\\+\\d[\\d ().-]{6,}\\d(?!\\w)|\\(?\\d{3}\\)?[ .-]\\d{3}[ .-]\\d{4}(?![\\w.-]))");
    // The names of settings, such as SALESLOFT_CALLBACK_TOKEN, are no names of secrets in what is sent: their values are known.
    private static final Pattern NAMED = Pattern.compile("(?i)(Bearer |(?<!_)(?:(?:access|refresh|callback)_token|client_secret|x-salesloft-signature)(?:\\\\*[\"'\\s:=>{\\[(]){1,6})[^\\s\\\\\"'&,;)}\\]]+");

    private final List<String> secrets;

    /** @param secrets our own; empty ones, and those too short to be one, are left out */
    Mask(List<String> secrets) {
        this.secrets = secrets.stream().filter(secret -> secret.length() >= SHORTEST_SECRET).distinct().sorted(Comparator.comparing(String::length).reversed()).toList();
    }

    /** The same text when it holds none of it. */
    String of(String text) {
        String masked = text;
        for (String secret : secrets) {
            masked = masked.replace(secret, MASKED);
        }
        if (masked.indexOf('@') >= 0 || masked.contains("%40")) {
            masked = ADDRESS.matcher(masked).replaceAll(MASKED);
        }
        masked = PHONE.matcher(masked).replaceAll(MASKED);
        return NAMED.matcher(masked).replaceAll("$1" + MASKED);
    }
}
