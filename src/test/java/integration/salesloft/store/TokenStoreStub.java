package integration.salesloft.store;

import java.time.Duration;
import java.util.Map;

/** A token store that tests run: speaks the protocol of the real one, and misbehaves when told to. */
public interface TokenStoreStub extends AutoCloseable {

    /** The settings of a container that keeps its pair here, as environment variables. */
    Map<String, String> settings();

    /** The pair that the store holds, its newest, as JSON; null when there is none. */
    String pair();

    /** Writes something there, as somebody else would: over the newest, whatever that is. */
    void put(String json);

    /** Begins anew, without a secret and without counted calls. */
    void forgetAll();

    /** The secret is gone, as if somebody had deleted it. */
    void lose();

    /** Not reached: connections end without an answer. */
    void away(boolean away);

    /** Refuses every call by who calls. */
    void deny(boolean denied);

    /** Each call takes so much longer. */
    void slow(Duration delay);

    /** Has the next writes stand still, before they have done their work, or when it is done and before they are answered. */
    Hang hang(boolean afterWork);

    /** How many writes of the pair have arrived. */
    int writes();

    /** How many reads of the pair have arrived. */
    int reads();

    @Override
    void close();
}
