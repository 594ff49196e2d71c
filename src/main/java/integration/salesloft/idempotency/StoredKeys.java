package integration.salesloft.idempotency;

import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;

/** A repository whose keys are stored with their messages: only {@code add(exchange, key)} does anything, and nothing is ever forgotten. */
public abstract class StoredKeys extends ServiceSupport implements IdempotentRepository {

    @Override
    public boolean add(String key) {
        throw new UnsupportedOperationException("a key is stored with its message");
    }

    @Override
    public boolean contains(String key) {
        return false; // add finds out
    }

    @Override
    public boolean remove(String key) {
        return false;
    }

    @Override
    public boolean confirm(String key) {
        return true;
    }

    @Override
    public void clear() {
        // What is stored is true.
    }
}
