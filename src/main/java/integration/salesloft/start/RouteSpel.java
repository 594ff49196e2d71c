package integration.salesloft.start;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.ExpressionEvaluationException;
import org.apache.camel.Predicate;
import org.apache.camel.language.spel.RootObject;
import org.apache.camel.language.spel.SpelLanguage;
import org.apache.camel.spi.ScriptingLanguage;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.ExpressionSupport;
import org.springframework.context.expression.MapAccessor;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.common.TemplateParserContext;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.stereotype.Component;

/**
 * SpEL for routes, as Camel has it, and for the scripts of beans. What Camel finds out of the classes that an expression meets it forgets
 * with each evaluation, which costs more than the rest of it; here it is remembered. And Camel evaluates a script with an exchange that all
 * containers of a JVM share, which is of the first one: another container would be given that one's beans, and none once that one has stopped.
 */
@Component("spel-language")
class RouteSpel extends SpelLanguage implements ScriptingLanguage {

    private static final SpelExpressionParser PARSER = new SpelExpressionParser();

    private final EvaluationContext remembered = remembered();

    private static EvaluationContext remembered() {
        StandardEvaluationContext context = new StandardEvaluationContext();
        context.addPropertyAccessor(new MapAccessor());
        return context;
    }

    @Override
    public Expression createExpression(String expression) {
        return new Evaluation(loadResource(expression), remembered);
    }

    @Override
    public Predicate createPredicate(String expression) {
        return new Evaluation(loadResource(expression), remembered);
    }

    /** Camel hands a scripting language the container as the variable {@code context}. */
    @Override
    public <T> T evaluate(String script, Map<String, Object> variables, Class<T> type) {
        return createExpression(script).evaluate(new DefaultExchange((CamelContext) variables.get("context")), type);
    }

    /** Of an exchange, whose parts are the properties of the expression's root. */
    private static final class Evaluation extends ExpressionSupport {

        private final String text;
        private final org.springframework.expression.Expression parsed;
        private final EvaluationContext remembered;

        private Evaluation(String text, EvaluationContext remembered) {
            this.text = text;
            this.parsed = PARSER.parseExpression(text, new TemplateParserContext());
            this.remembered = remembered;
        }

        @Override
        public <T> T evaluate(Exchange exchange, Class<T> type) {
            try {
                return exchange.getContext().getTypeConverter().convertTo(type, parsed.getValue(remembered, new RootObject(exchange)));
            } catch (Exception e) {
                throw new ExpressionEvaluationException(this, exchange, e);
            }
        }

        @Override
        protected String assertionFailureMessage(Exchange exchange) {
            return text;
        }

        @Override
        public String toString() {
            return "SpelExpression[" + text + "]";
        }
    }
}
