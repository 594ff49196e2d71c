package integration.salesloft.token;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.StartupListener;
import org.springframework.core.env.Environment;

/** Runs the route that checks the token store as soon as all routes are up: what it throws stops the start. No pair is read before. */
public class StoreCheck implements CamelContextAware, StartupListener {

    private final String check;
    private final long patienceSeconds;
    private final boolean pairIsUsed;
    private final CompletableFuture<Void> checked = new CompletableFuture<>();
    private CamelContext camel;

    /**
     * @param check           the endpoint of the route
     * @param patienceSeconds how long somebody waits for it
     * @param settings        where there is a SALESLOFT_API_KEY no pair is used, and no store
     */
    public StoreCheck(String check, long patienceSeconds, Environment settings) {
        this.check = check;
        this.patienceSeconds = patienceSeconds;
        this.pairIsUsed = settings.getRequiredProperty("salesloft.api-key").isEmpty();
        if (!pairIsUsed) {
            checked.complete(null);
        }
    }

    /**
     * Returns when the store was checked.
     *
     * @throws StoreUnavailable when that takes too long, or has stopped the start
     */
    public void await() throws InterruptedException {
        try {
            checked.get(patienceSeconds, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new StoreUnavailable("not yet checked");
        }
    }

    @Override
    public void setCamelContext(CamelContext camel) {
        if (this.camel == null) {
            this.camel = camel;
            if (pairIsUsed) {
                try {
                    camel.addStartupListener(this);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    @Override
    public CamelContext getCamelContext() {
        return camel;
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // Routes cannot be called yet.
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        try (ProducerTemplate template = context.createProducerTemplate()) {
            Exchange answer = template.send(check, exchange -> { });
            if (answer.getException() != null) {
                checked.completeExceptionally(answer.getException());
                throw answer.getException();
            }
            checked.complete(null);
        }
    }
}
