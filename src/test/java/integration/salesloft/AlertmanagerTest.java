package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import integration.salesloft.deploy.Alerts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Alertmanager with the example configuration: who hears of what, in how many messages, and what is held back. Its receivers are
 * ours, and it waits for a moment before it sends, in place of seconds and minutes.
 */
class AlertmanagerTest {

    @TempDir
    Path folder;

    @Test
    void groupsAndHoldsBackAsTheExampleSays() throws Exception {
        if (!Promtool.isThere("prometheus-alertmanager", "that the example of routing groups and holds back")) {
            return;
        }
        try (Chat chat = Chat.start(); Program alertmanager = Program.alertmanager(folder, configuration(chat))) {
            // All at once, of two installations: one is paused and may not read its notes, the other has no valid credentials.
            alertmanager.post("/api/v2/alerts", List.of(
                    alert("a", "SalesloftPaused"), alert("a", "SalesloftSyncLag", "resource", "people"), alert("a", "SalesloftSyncLag", "resource", "accounts"), alert("a", "SalesloftDeadLetters"),
                    alert("b", "SalesloftAuthDown"), alert("b", "SalesloftSyncLag", "resource", "people"), alert("b", "SalesloftWebhooksSilent"), alert("b", "SalesloftHighLatency"),
                    alert("b", "SalesloftOutboxBacklog"),
                    alert("c", "SalesloftSyncLag", "resource", "people"), alert("c", "SalesloftSyncLag", "resource", "accounts"), alert("c", "SalesloftSyncLag", "resource", "notes"),
                    alert("c", "SalesloftResourceForbidden", "resource", "notes")));
            await().until(() -> told(chat).size() == 6);

            assertThat(told(chat)).containsOnly(
                    Map.entry("pager b SalesloftAuthDown", Set.of("")),
                    Map.entry("chat b SalesloftOutboxBacklog", Set.of("")),
                    Map.entry("chat c SalesloftSyncLag", Set.of("people", "accounts")),
                    Map.entry("tickets a SalesloftDeadLetters", Set.of("")),
                    Map.entry("tickets c SalesloftResourceForbidden", Set.of("notes")),
                    Map.entry("messages", Set.of("5")));
            // Nothing more comes: it knows what it holds back, and by what.
            Map<String, String> held = new TreeMap<>();
            for (JsonNode alert : alertmanager.get("/api/v2/alerts")) {
                JsonNode labels = alert.path("labels");
                held.put((labels.path("namespace").asText() + " " + labels.path("alertname").asText() + " " + labels.path("resource").asText()).trim(), alert.path("status").path("state").asText());
            }
            assertThat(held).hasSize(13).containsEntry("a SalesloftSyncLag people", "suppressed").containsEntry("a SalesloftSyncLag accounts", "suppressed")
                    .containsEntry("b SalesloftSyncLag people", "suppressed").containsEntry("b SalesloftWebhooksSilent", "suppressed").containsEntry("b SalesloftHighLatency", "suppressed")
                    .containsEntry("c SalesloftSyncLag notes", "suppressed");
            assertThat(held.values()).filteredOn("active"::equals).hasSize(7);
        }
    }

    private static String configuration(Chat chat) throws Exception {
        String example = Files.readString(Alerts.FOLDER.resolve("alertmanager.yaml"));
        for (String receiver : List.of("pager", "chat", "tickets")) {
            assertThat(example).contains("https://" + receiver + ".example.com/salesloft-integration");
            example = example.replace("https://" + receiver + ".example.com/salesloft-integration", chat.url(receiver));
        }
        return example.replaceAll("group_wait: \\w+", "group_wait: 1s");
    }

    /** As Prometheus would send it. */
    private static Map<String, Object> alert(String namespace, String name, String... more) throws Exception {
        Map<String, String> labels = new HashMap<>(Map.of("alertname", name, "namespace", namespace, "job", "salesloft-integration"));
        JsonNode given = Alerts.all().stream().filter(alert -> alert.name().equals(name)).findFirst().orElseThrow().labels();
        given.properties().forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        for (int i = 0; i < more.length; i += 2) {
            labels.put(more[i], more[i + 1]);
        }
        return Map.of("labels", labels, "annotations", Map.of("summary", name));
    }

    /** What came to each receiver: which resources a message was about; and how many messages there were. */
    private static Map<String, Set<String>> told(Chat chat) {
        Map<String, Set<String>> told = new TreeMap<>();
        List<Chat.Message> messages = new ArrayList<>();
        for (String receiver : List.of("pager", "chat", "tickets")) {
            messages.addAll(chat.messages(receiver));
        }
        for (Chat.Message message : messages) {
            for (JsonNode alert : message.body().path("alerts")) {
                JsonNode labels = alert.path("labels");
                told.computeIfAbsent(message.room() + " " + labels.path("namespace").asText() + " " + labels.path("alertname").asText(), any -> new TreeSet<>())
                        .add(labels.path("resource").asText());
            }
        }
        told.put("messages", Set.of(String.valueOf(messages.size())));
        return told;
    }
}
