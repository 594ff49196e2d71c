package integration.salesloft.start;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.language.spel.SpelLanguage;
import org.apache.camel.spi.ScriptingLanguage;
import org.apache.camel.support.DefaultExchange;
import org.springframework.stereotype.Component;

/**
 * SpEL for routes, as Camel has it, and for the scripts of beans with the container that is just starting. Camel evaluates such a script with
 * an exchange that all containers of a JVM share, which is of the first one: another container would be given that one's beans, and none
 * once that one has stopped.
 */
@Component("spel-language")
class ScriptsOfBeans extends SpelLanguage implements ScriptingLanguage {

    /** Camel hands a scripting language the container as the variable {@code context}. */
    @Override
    public <T> T evaluate(String script, Map<String, Object> variables, Class<T> type) {
        return createExpression(script).evaluate(new DefaultExchange((CamelContext) variables.get("context")), type);
    }
}
