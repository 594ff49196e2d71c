package integration.salesloft.sandbox;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The sandbox's settings, each with its default. Immutable. */
final class Settings {

    private static final Map<String, Object> DEFAULTS = new LinkedHashMap<>();
    /** Settings that describe the data or the first credentials, and so only mean something to a seeding. */
    private static final Set<String> SEEDED;

    static {
        DEFAULTS.put("people", 5000L);
        DEFAULTS.put("accounts", 500L);
        DEFAULTS.put("cadences", 20L);
        DEFAULTS.put("memberships", 2000L);
        DEFAULTS.put("users", 25L);
        DEFAULTS.put("emails", 300L);
        DEFAULTS.put("calls", 300L);
        DEFAULTS.put("notes", 300L);
        DEFAULTS.put("tasks", 300L);
        DEFAULTS.put("meetings", 300L);
        DEFAULTS.put("steps", 100L);
        DEFAULTS.put("successes", 100L);
        DEFAULTS.put("person_stages", 8L);
        DEFAULTS.put("lists", 12L);
        DEFAULTS.put("seed", 42L);
        DEFAULTS.put("tieGroup", 0L);
        DEFAULTS.put("until", "");
        DEFAULTS.put("refreshToken", "sandbox-refresh-1");
        SEEDED = Set.copyOf(DEFAULTS.keySet());
        DEFAULTS.put("rateLimit", 600L);
        DEFAULTS.put("rateWindowMs", 60_000L);
        DEFAULTS.put("retryAfter", "none");
        DEFAULTS.put("latencyMs", 0L);
        DEFAULTS.put("refreshMode", "on_use");
        DEFAULTS.put("tokenTtlSeconds", 7200L);
        DEFAULTS.put("clientId", "sandbox-client");
        DEFAULTS.put("clientSecret", "sandbox-secret");
        DEFAULTS.put("apiKey", "ak_sandbox");
        DEFAULTS.put("redirectUris", List.of());
        DEFAULTS.put("pkce", "optional");
        DEFAULTS.put("uniqueEmails", true);
        DEFAULTS.put("webhookRetryGapMs", 15_000L);
        DEFAULTS.put("forbidden", List.of());
        DEFAULTS.put("echo", "all");
        DEFAULTS.put("strict", true);
        DEFAULTS.put("incremental", true);
        DEFAULTS.put("subscriptionPages", false);
        DEFAULTS.put("bulkMs", 100L);
        DEFAULTS.put("bulkHeld", false);
    }

    private static final Map<String, List<String>> CHOICES = Map.of(
            "retryAfter", List.of("none", "seconds", "date"), "refreshMode", List.of("on_use", "on_issue"),
            "echo", List.of("all", "updated_at"), "pkce", List.of("optional", "required", "ignored"));

    private final Map<String, Object> values;

    private Settings(Map<String, Object> values) {
        this.values = values;
    }

    static Settings defaults() {
        return new Settings(DEFAULTS);
    }

    /**
     * These settings with some changed.
     *
     * @throws IllegalArgumentException when one is unknown or has a value it cannot have; the message names it
     */
    Settings with(Map<String, Object> changes) {
        Map<String, Object> changed = new LinkedHashMap<>(values);
        changes.forEach((name, value) -> {
            if (!DEFAULTS.containsKey(name)) {
                throw new IllegalArgumentException("no such setting: " + name);
            }
            changed.put(name, checked(name, value));
        });
        if ((long) changed.get("rateWindowMs") < 1) {
            throw new IllegalArgumentException("rateWindowMs must be at least 1");
        }
        return new Settings(changed);
    }

    /** Those that only a seeding reads. */
    Map<String, Object> seeded() {
        Map<String, Object> seeded = new LinkedHashMap<>(values);
        seeded.keySet().retainAll(SEEDED);
        return seeded;
    }

    /** The same for a team that is already there. */
    Settings changedWhileRunning(Map<String, Object> changes) {
        changes.keySet().stream().filter(SEEDED::contains).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException(name + " can only be given with a seed");
        });
        return with(changes);
    }

    private static Object checked(String name, Object value) {
        Object standard = DEFAULTS.get(name);
        if (standard instanceof Long && value instanceof Number number && number.longValue() >= 0) {
            return number.longValue();
        }
        if (standard instanceof Boolean && value instanceof Boolean) {
            return value;
        }
        if (standard instanceof String && value instanceof String
                && CHOICES.getOrDefault(name, List.of((String) value)).contains(value)) {
            return value;
        }
        if (standard instanceof List && value instanceof Collection<?> names) {
            return names.stream().map(String::valueOf).toList();
        }
        throw new IllegalArgumentException(name + " cannot be " + value);
    }

    long number(String name) {
        return (long) values.get(name);
    }

    int count(String name) {
        return Math.toIntExact(number(name));
    }

    String text(String name) {
        return (String) values.get(name);
    }

    List<String> texts(String name) {
        return ((List<?>) values.get(name)).stream().map(String::valueOf).toList();
    }

    boolean is(String name) {
        return (boolean) values.get(name);
    }

    /** Whether a resource path answers 403; named with or without {@code /v2/} or {@code activities/}. */
    boolean forbids(String path) {
        return ((List<?>) values.get("forbidden")).stream().map(String::valueOf)
                .map(name -> name.replaceFirst("^/?(v2/)?", "").replaceFirst("\\.json$", ""))
                .anyMatch(name -> path.equals(name) || path.equals("activities/" + name));
    }

    Map<String, Object> values() {
        return values;
    }
}
