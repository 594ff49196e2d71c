package integration.salesloft.sandbox;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What was asked of the sandbox, and what went wrong. All numbers it gives are {@code Long}. */
final class Stats {

    private static final class Endpoint {
        private long calls;
        private long cost;
        private final Map<String, Long> statuses = new TreeMap<>();
        private final Set<String> headers = new TreeSet<>();
    }

    private final Map<String, Endpoint> endpoints = new TreeMap<>();
    private final Map<Long, Long> windows = new TreeMap<>();
    private final Map<String, Long> refreshes = new TreeMap<>();
    private final Map<String, Long> duplicates = new TreeMap<>();
    private final Map<String, Long> webhooks = new TreeMap<>();
    private Map<String, Object> lastRequest = Map.of();
    private long rateLimited;
    private long highestPage;
    private long revokedTokensUsed;

    Stats() {
        reset();
    }

    synchronized void reset() {
        endpoints.clear();
        windows.clear();
        refreshes.clear();
        refreshes.putAll(Map.of("refresh_token", 0L, "client_credentials", 0L));
        duplicates.clear();
        duplicates.putAll(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
        webhooks.clear();
        webhooks.putAll(Map.of("queued", 0L, "delivered", 0L, "failed", 0L, "givenUp", 0L));
        lastRequest = Map.of();
        rateLimited = 0;
        highestPage = 0;
        revokedTokensUsed = 0;
    }

    synchronized void call(Call call, String outcome) {
        Endpoint endpoint = endpoints.computeIfAbsent(call.endpoint(), name -> new Endpoint());
        endpoint.calls++;
        endpoint.cost += call.cost;
        endpoint.statuses.merge(outcome, 1L, Long::sum);
        endpoint.headers.addAll(call.headers.keySet());
        spent(call.window, call.cost);
        if (outcome.equals("429")) {
            rateLimited++;
        }
        if (call.path.startsWith("/v2/")) {
            highestPage = Math.max(highestPage, call.page());
        }
        lastRequest = new LinkedHashMap<>();
        lastRequest.put("method", call.method);
        lastRequest.put("path", call.rawPath);
        lastRequest.put("query", call.rawQuery);
        lastRequest.put("headers", call.headers);
    }

    synchronized void spent(long window, long points) {
        if (points > 0) {
            windows.merge(window, points, Long::sum);
        }
    }

    synchronized void refreshed(String grant) {
        refreshes.merge(grant, 1L, Long::sum);
    }

    synchronized void revokedTokenUsed() {
        revokedTokensUsed++;
    }

    synchronized void duplicate(String what) {
        duplicates.merge(what, 1L, Long::sum);
    }

    synchronized void webhook(String outcome) {
        webhooks.merge(outcome, 1L, Long::sum);
    }

    synchronized Map<String, Object> map() {
        Map<String, Object> calls = new LinkedHashMap<>();
        Map<String, Object> headers = new LinkedHashMap<>();
        endpoints.forEach((name, endpoint) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("calls", endpoint.calls);
            entry.put("cost", endpoint.cost);
            entry.put("statuses", new LinkedHashMap<>(endpoint.statuses));
            calls.put(name, entry);
            headers.put(name, List.copyOf(endpoint.headers));
        });
        Map<String, Object> total = new LinkedHashMap<>();
        total.put("calls", endpoints.values().stream().mapToLong(endpoint -> endpoint.calls).sum());
        total.put("cost", endpoints.values().stream().mapToLong(endpoint -> endpoint.cost).sum());
        Map<String, Object> spent = new LinkedHashMap<>();
        windows.forEach((window, points) -> spent.put(String.valueOf(window), points));
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("calls", calls);
        map.put("total", total);
        map.put("windows", spent);
        map.put("mostSpentInAWindow", windows.values().stream().mapToLong(Long::longValue).max().orElse(0));
        map.put("rateLimited", rateLimited);
        map.put("highestPage", highestPage);
        map.put("duplicatesCreated", new LinkedHashMap<>(duplicates));
        map.put("revokedTokensUsed", revokedTokensUsed);
        map.put("refreshes", new LinkedHashMap<>(refreshes));
        map.put("headers", headers);
        map.put("lastRequest", lastRequest);
        map.put("webhooks", new LinkedHashMap<>(webhooks));
        return map;
    }
}
