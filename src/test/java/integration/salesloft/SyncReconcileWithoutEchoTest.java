package integration.salesloft;

import java.util.HashMap;
import java.util.Map;

/** The same against a SalesLoft that does not say which filters it has applied, but for {@code updated_at}. */
class SyncReconcileWithoutEchoTest extends SyncReconcileRouteTest {

    @Override
    protected void seed(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("echo", "updated_at");
        super.seed(all);
    }
}
