package integration.salesloft.rollback;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What kubectl asks first: the server's version, and which resources it has. */
final class Discovery {

    private static final Map<String, Object> APPS = Map.of("groupVersion", "apps/v1", "version", "v1");

    static final Map<String, String> ANSWERS = Map.of(
            "/version", Serialization.asJson(Map.of("major", "1", "minor", "32", "gitVersion", "v1.32.4")),
            "/api", Serialization.asJson(Map.of("kind", "APIVersions", "versions", List.of("v1"))),
            "/apis", Serialization.asJson(Map.of("kind", "APIGroupList", "apiVersion", "v1", "groups",
                    List.of(Map.of("name", "apps", "versions", List.of(APPS), "preferredVersion", APPS)))),
            "/api/v1", resources("v1", "ConfigMap", "Secret", "ServiceAccount"),
            "/apis/apps/v1", resources("apps/v1", "Deployment", "ReplicaSet"));

    private Discovery() {
    }

    private static String resources(String version, String... kinds) {
        return Serialization.asJson(Map.of("kind", "APIResourceList", "apiVersion", "v1", "groupVersion", version, "resources", Stream.of(kinds).map(kind -> {
            String name = kind.toLowerCase(Locale.ROOT);
            return Map.of("name", name + "s", "singularName", name, "namespaced", true, "kind", kind, "verbs", List.of("get", "list", "patch"));
        }).toList()));
    }
}
