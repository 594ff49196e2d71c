package integration.salesloft.log;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.util.List;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/** The one place where the log is masked: wraps the encoders of all appenders, whatever form they write, as soon as Spring Boot has made them. */
class MaskedLog implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

    private static final List<String> SECRETS = List.of("salesloft.api-key", "salesloft.client-secret", "salesloft.refresh-token", "salesloft.token-key", "salesloft.token-key-previous",
            "salesloft.callback-token", "salesloft.callback-token-previous", "salesloft.ops-token", "salesloft.sync-token", "salesloft.private-key", "salesloft.vault.token", "salesloft.vault.secret-id", "salesloft.kafka-sasl-jaas-config",
            "salesloft.notify-sales-url", "salesloft.notify-ops-url", "salesloft.rollback-webhook-url", "spring.datasource.password");

    @Override
    public int getOrder() {
        return LoggingApplicationListener.DEFAULT_ORDER + 1;
    }

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        ILoggerFactory loggers = LoggerFactory.getILoggerFactory();
        if (loggers instanceof LoggerContext context) {
            mask(context, event.getEnvironment());
        }
    }

    static void mask(LoggerContext context, Environment settings) {
        Mask mask = new Mask(SECRETS.stream().map(name -> settings.getProperty(name, "")).toList());
        for (Logger logger : context.getLoggerList()) {
            logger.iteratorForAppenders().forEachRemaining(appender -> {
                if (appender instanceof OutputStreamAppender<ILoggingEvent> output && !(output.getEncoder() instanceof MaskedEncoder)) {
                    MaskedEncoder encoder = new MaskedEncoder(output.getEncoder(), mask);
                    encoder.setContext(context);
                    encoder.start();
                    output.setEncoder(encoder);
                }
            });
        }
    }
}
