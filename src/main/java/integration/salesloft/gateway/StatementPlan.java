package integration.salesloft.gateway;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.support.builder.ExpressionBuilder;
import org.postgresql.PGStatement;

/**
 * Finds the parameters of a statement once, for statements whose parameters are all written {@code :#${...}}. Camel's own strategy
 * searches the text anew at each call, and tries for each parameter to read the body as a map.
 */
public class StatementPlan extends DefaultSqlPrepareStatementStrategy {

    /** Camel has put its question mark in the place of the {@code #} by the time it asks. */
    private static final String BEGIN = ":?${";

    private final Map<String, Plan> plans = new ConcurrentHashMap<>();
    private boolean plannedAnew;

    private record Plan(String statement, List<Expression> parameters) {
    }

    /** Whether PostgreSQL plans the statement at each call, by its values; otherwise it keeps a plan after a few calls. */
    public void setPlannedAnew(boolean plannedAnew) {
        this.plannedAnew = plannedAnew;
    }

    @Override
    public void populateStatement(PreparedStatement statement, Iterator<?> values, int expectedParams) throws SQLException {
        if (plannedAnew) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(0);
        }
        super.populateStatement(statement, values, expectedParams);
    }

    @Override
    public String prepareQuery(String query, boolean allowNamedParameters, Exchange exchange) throws SQLException {
        return plan(query, exchange).statement;
    }

    @Override
    public Iterator<?> createPopulateIterator(String query, String preparedQuery, int expectedParams, Exchange exchange, Object value)
            throws SQLException {
        List<Object> values = new ArrayList<>(expectedParams);
        for (Expression parameter : plan(query, exchange).parameters) {
            values.add(parameter.evaluate(exchange, Object.class));
        }
        return values.iterator();
    }

    private Plan plan(String query, Exchange exchange) {
        Plan known = plans.get(query);
        return known != null ? known : plans.computeIfAbsent(query, text -> read(text, exchange));
    }

    private static Plan read(String query, Exchange exchange) {
        StringBuilder statement = new StringBuilder();
        List<Expression> parameters = new ArrayList<>();
        int end = 0;
        for (int begin = query.indexOf(BEGIN); begin >= 0; begin = query.indexOf(BEGIN, end)) {
            statement.append(query, end, begin).append('?');
            end = closing(query, begin + BEGIN.length());
            parameters.add(parameter(query.substring(begin + 2, end), exchange));
        }
        return new Plan(statement.append(query, end, query.length()).toString(), parameters);
    }

    /** A setting does not change while the container runs; to look it up goes through all the places where it may stand. */
    private static Expression parameter(String text, Exchange exchange) {
        Expression parameter = exchange.getContext().resolveLanguage("simple").createExpression(text);
        return text.startsWith("${properties:") ? ExpressionBuilder.constantExpression(parameter.evaluate(exchange, Object.class)) : parameter;
    }

    /** Behind the brace that closes the one before this place. */
    private static int closing(String query, int place) {
        for (int depth = 1; place < query.length(); place++) {
            char c = query.charAt(place);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return place + 1;
            }
        }
        throw new IllegalArgumentException("a parameter is not closed: " + query);
    }
}
