package integration.salesloft.access;

import integration.salesloft.access.Refused.Reason;
import integration.salesloft.http.Gate;
import integration.salesloft.http.NotFound;
import integration.salesloft.http.Problem;
import integration.salesloft.http.TooManyRequests;
import integration.salesloft.http.Unauthorized;
import integration.salesloft.http.Unavailable;
import integration.salesloft.role.AccessTable;
import integration.salesloft.role.Role;
import integration.salesloft.trace.Traces;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.springboot.PlatformHttpMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;

/**
 * Lets a request through to the endpoint that it has reached when the table says so of the role of its token. Its route then finds under which name in the
 * property {@link Traces#CALLER}, which roles he has, the one with the most rights last, in the property {@code roles}, and the token nowhere. Who is refused is counted by the reason, and answered by a route.
 */
public class Entrance implements Gate, CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger("access");
    private static final String SCHEME = "Bearer ";
    private static final String ROLES = "roles";
    private static final String COUNTER = "salesloft.access.refused";
    /** Those that may be somebody's guess. */
    private static final Set<Reason> ATTEMPTS = Set.of(Reason.MALFORMED, Reason.UNKNOWN, Reason.EXPIRED);

    private final AccessTable table;
    private final AccessTokens tokens;
    private final IssuedTokens issued;
    private final FailedAttempts attempts;
    private final ClientAddress addresses;
    private final int issuerAwaySeconds;
    private final ProducerTemplate template;
    private final String refused;
    private CamelContext context;

    /**
     * @param issuerAwaySeconds after which whoever has issued a token, and cannot be asked, may be there again
     * @param refused           route that answers the exception of an exchange; where the property {@code retryAfter} is set, in so many seconds
     *                          something may have changed
     */
    public Entrance(AccessTable table, AccessTokens tokens, IssuedTokens issued, FailedAttempts attempts, ClientAddress addresses, int issuerAwaySeconds,
            ProducerTemplate template, String refused) {
        this.table = table;
        this.tokens = tokens;
        this.issued = issued;
        this.attempts = attempts;
        this.addresses = addresses;
        this.issuerAwaySeconds = issuerAwaySeconds;
        this.template = template;
        this.refused = refused;
    }

    @Override
    public Processor before(Processor route, PlatformHttpEndpoint endpoint) {
        String path = endpoint.getPath();
        Map<String, AccessTable.Row> rows = table.rows(path);
        List<String> methods = endpoint.getHttpMethodRestrict() == null ? List.of() : List.of(endpoint.getHttpMethodRestrict().split(", *"));
        methods.stream().filter(method -> !rows.containsKey(method))
                .forEach(method -> LOG.error("{} {} is open to nobody: the table of access has no row for it", method, path));
        if (!methods.isEmpty() && methods.stream().allMatch(method -> rows.containsKey(method) && rows.get(method).isOpen())) {
            return route;
        }
        if (endpoint.getPlatformHttpEngine() != null) {
            throw new IllegalStateException(path + " is served by an engine of its own, behind which no token is seen: its row must need none");
        }
        return request -> serve(request, route, rows);
    }

    private void serve(Exchange request, Processor route, Map<String, AccessTable.Row> rows) throws Exception {
        HttpServletRequest http = request.getMessage(PlatformHttpMessage.class).getRequest();
        try {
            AccessTable.Row row = rows.get(http.getMethod().equals("HEAD") ? "GET" : http.getMethod());
            if (row == null) {
                throw new NotFound("there is nothing here");
            }
            if (!row.isOpen()) {
                Caller caller = admitted(http, row);
                Traces.name(request, caller.name());
                request.setProperty(ROLES, caller.roles().stream().sorted().map(Role::toString).toList());
            }
        } catch (Refused e) {
            answer(request, problem(request, http, e));
            return;
        } catch (Problem e) {
            answer(request, e);
            return;
        }
        request.getMessage().removeHeader(HttpHeaders.AUTHORIZATION);
        route.process(request);
    }

    private Caller admitted(HttpServletRequest request, AccessTable.Row row) throws Refused {
        Caller caller = caller(request);
        if (Collections.disjoint(caller.roles(), row.roles())) {
            throw new Refused(Reason.ROLE, "a bearer token that opens this is needed; this one does not: " + caller.name());
        }
        return caller;
    }

    /** As a caller sees it. Whoever shows one wrong token after the other is told to come later. */
    private Problem problem(Exchange exchange, HttpServletRequest request, Refused refusal) {
        int wait = count(request, refusal.reason());
        if (wait > 0) {
            exchange.setProperty("retryAfter", wait);
            return new TooManyRequests("too many tokens that do not count have come from this address");
        }
        if (refusal.reason() == Reason.UNVERIFIED) {
            exchange.setProperty("retryAfter", issuerAwaySeconds);
            return new Unavailable(refusal.getMessage());
        }
        return new Unauthorized(refusal.getMessage());
    }

    /** @return the seconds after which the address may try again, or 0 when it may go on */
    private int count(HttpServletRequest request, Reason reason) {
        int wait = ATTEMPTS.contains(reason) ? attempts.add(addresses.of(request)) : 0;
        context.getRegistry().findSingleByType(MeterRegistry.class).counter(COUNTER, "reason", (wait > 0 ? Reason.SLOWED : reason).toString()).increment();
        return wait;
    }

    private void answer(Exchange request, Problem problem) {
        request.setProperty(Exchange.EXCEPTION_CAUGHT, problem);
        template.send(refused, request);
    }

    /** There is one header that says who calls, or none. */
    private Caller caller(HttpServletRequest request) throws Refused {
        List<String> headers = Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION));
        if (headers.isEmpty()) {
            throw new Refused(Reason.MISSING, "a bearer token that opens this is needed");
        }
        if (headers.size() > 1 || !headers.get(0).startsWith(SCHEME)) {
            throw new Refused(Reason.MALFORMED, "a bearer token that opens this is needed, in one header Authorization: Bearer and the token");
        }
        String token = headers.get(0).substring(SCHEME.length());
        Caller named = tokens.find(token);
        return named == null ? issued.find(token) : named;
    }

    @Override
    public boolean mayAsk(HttpServletRequest request) {
        if (table.rows(request.getRequestURI()).values().stream().anyMatch(AccessTable.Row::isOpen)) {
            return true;
        }
        try {
            return !caller(request).roles().isEmpty();
        } catch (Refused e) {
            count(request, e.reason());
            return false;
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
