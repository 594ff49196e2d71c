package integration.salesloft.gateway;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.support.TypeConverterSupport;

/**
 * Reads the enums that components of Camel's read from a name at each call. Where there is no converter for an enum, Camel looks
 * through all of its converters before it asks the enum itself, which takes longer than the rest of the step.
 */
public class EnumConverters implements CamelContextAware {

    private final String enums;
    private CamelContext context;

    /** @param enums the names of their classes, with commas between */
    public EnumConverters(String enums) {
        this.enums = enums;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
        for (String name : enums.split(",")) {
            register(context.getClassResolver().resolveClass(name.trim()));
        }
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    private void register(Class<?> type) {
        context.getTypeConverterRegistry().addTypeConverter(type, String.class, new TypeConverterSupport() {
            @Override
            public <T> T convertTo(Class<T> wanted, Exchange exchange, Object value) {
                for (T constant : wanted.getEnumConstants()) {
                    if (((Enum<?>) constant).name().equalsIgnoreCase(value.toString())) {
                        return constant;
                    }
                }
                throw new IllegalArgumentException(value + " is no " + wanted.getSimpleName());
            }
        });
    }
}
