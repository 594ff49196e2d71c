package integration.salesloft.start;

import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spring.boot.CamelContextConfiguration;
import org.apache.camel.support.EventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Ends the process on an {@link Error}, such as no memory or a class that is missing: whatever runs on after it may be half done,
 * and a process that is restarted takes everything up again. Not for a stack overflow, which ends one exchange and leaves no harm, and
 * not for a failed assertion.
 */
@Component
public class FatalErrors extends EventNotifierSupport implements CamelContextConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(FatalErrors.class);
    private static final int EXIT_CODE = 3;

    FatalErrors() {
        setIgnoreCamelContextEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreStepEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeCompletedEvent(true);
        setIgnoreExchangeSendingEvents(true);
        setIgnoreExchangeSentEvents(true);
        setIgnoreExchangeRedeliveryEvents(true);
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            LOG.error("thread {} ended", thread.getName(), failure);
            endOn(failure);
        });
    }

    @Override
    public void beforeApplicationStart(CamelContext camel) {
        // A notifier that is added before the start hears of nothing.
    }

    @Override
    public void afterApplicationStart(CamelContext camel) {
        camel.getManagementStrategy().addEventNotifier(this);
    }

    /** An exchange has failed, or its failure is about to be handled. */
    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeEvent failed) {
            endOn(failed.getExchange().getException());
            endOn(failed.getExchange().getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
        }
    }

    /** Ends the process at once, without an answer to anybody, when an error is among the causes of this failure. */
    public static void endOn(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Error && !(cause instanceof StackOverflowError) && !(cause instanceof AssertionError)) {
                try {
                    LOG.error("the process ends, because of {}", cause.toString());
                } finally {
                    Runtime.getRuntime().halt(EXIT_CODE);
                }
            }
        }
    }
}
