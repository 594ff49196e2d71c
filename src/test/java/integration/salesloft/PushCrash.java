package integration.salesloft;

import java.util.Map;

/** A team into which a container pushes that is killed: what holds it in the middle, and what the one after it must make of that. */
interface PushCrash extends AutoCloseable {

    Installation here();

    /** Beside those of all. */
    Map<String, String> settings();

    /** Hands over what is to be pushed, so that it comes to the point where it is killed and no further, however long it waits there. */
    void begin(Container container) throws Exception;

    /** Once others have begun, too: hands over what else it takes to come there. */
    default void goOn(Container container) throws Exception {
    }

    /** Whether it is there. */
    boolean reached();

    /** It is dead: takes away what has held it. */
    void killed();

    /** Another one has started. */
    void verify(Container container) throws Exception;

    @Override
    default void close() {
        here().close();
    }
}
