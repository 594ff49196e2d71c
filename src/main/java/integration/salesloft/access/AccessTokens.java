package integration.salesloft.access;

import integration.salesloft.digest.Sha256;
import integration.salesloft.role.Role;
import integration.salesloft.start.InvalidSettingException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;

/**
 * The tokens that count: the two that are settings, and those whose hashes stand in the file that {@code ACCESS_TOKENS} names. Settings are
 * read as they are, because placeholders and expressions of routes would read some characters of a token as their own. An empty one lets nobody in.
 */
public class AccessTokens implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger("access");
    private static final String SETTING = "ACCESS_TOKENS";

    private final List<NamedToken> settings = new ArrayList<>();
    /** Null without one. */
    private final Path file;
    private volatile List<NamedToken> listed = List.of();
    /** As the last look has seen it; null when it could not be read. */
    private byte[] seen;
    /** As it was when it was last taken, or refused. */
    private byte[] judged;
    private volatile boolean broken;
    private boolean gauged;
    private CamelContext context;

    /** @throws InvalidSettingException when the file is not there, or is not as it must be, with the line */
    public AccessTokens(Environment settings) {
        add(settings.getProperty("salesloft.ops-token", ""), new Caller("ops", Set.of(Role.OPERATOR)));
        add(settings.getProperty("salesloft.sync-token", ""), new Caller("sync", Set.of(Role.WRITER)));
        String name = settings.getProperty("salesloft.access-tokens", "");
        file = name.isEmpty() ? null : Path.of(name);
        if (file != null) {
            try {
                seen = Files.readAllBytes(file);
                listed = TokenList.read(seen);
                judged = seen;
            } catch (IOException e) {
                throw new InvalidSettingException(SETTING, "cannot be read: " + file);
            } catch (TokenList.Broken e) {
                throw new InvalidSettingException(SETTING, e.getMessage());
            }
        }
    }

    private void add(String token, Caller caller) {
        if (!token.isEmpty()) {
            settings.add(new NamedToken(caller, Sha256.bytes(token), null));
        }
    }

    /**
     * Looks at the file, when there is one. What it says counts once two looks have seen the same, because it may be read while somebody is writing it.
     * From one that is broken nothing is taken: what counted before still counts.
     */
    public synchronized void refresh() {
        gauge();
        if (file == null) {
            return;
        }
        byte[] now = content();
        boolean settled = Arrays.equals(now, seen);
        seen = now;
        if (settled && !Arrays.equals(now, judged)) {
            judged = now;
            judge(now);
        }
    }

    /** Null when it cannot be read. */
    private byte[] content() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return null;
        }
    }

    private void judge(byte[] content) {
        try {
            if (content == null) {
                keep("cannot be read");
                return;
            }
            listed = TokenList.read(content);
            broken = false;
            LOG.info("{} has changed: tokens of {}", SETTING, listed.stream().map(token -> token.caller().name()).distinct().toList());
        } catch (TokenList.Broken e) {
            keep(e.getMessage());
        }
    }

    private void keep(String problem) {
        broken = true;
        LOG.warn("{}: {}; the {} tokens that were read before still count", SETTING, problem, listed.size());
    }

    /**
     * Who shows this token; null for one that is none of these. All hashes are compared, each in constant time, so that how long it takes says nothing.
     *
     * @throws Refused when it counted until a while ago
     */
    Caller find(String token) throws Refused {
        byte[] hash = Sha256.bytes(token);
        NamedToken found = null;
        for (List<NamedToken> tokens : List.of(settings, listed)) {
            for (NamedToken one : tokens) {
                found = one.is(hash) ? one : found;
            }
        }
        if (found != null && found.isOver(Instant.now())) {
            throw new Refused(Refused.Reason.EXPIRED, "this token has expired");
        }
        return found == null ? null : found.caller();
    }

    /** With the first reading, because Camel makes a bean twice and goes on with the second. */
    private void gauge() {
        if (!gauged) {
            gauged = true;
            Gauge.builder("salesloft.access.list.broken", () -> broken ? 1 : 0).strongReference(true)
                    .description("Whether the file that ACCESS_TOKENS names cannot be taken as it is now, so that the tokens before it count")
                    .register(context.getRegistry().findSingleByType(MeterRegistry.class));
        }
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}
