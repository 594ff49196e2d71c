package integration.salesloft;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} at each point of a renewal of the token pair, which is in a store or in the database. Each installation is killed at a
 * point of its own, and one signal meets all of them.
 */
class TokenCrashProcessTest {

    @TempDir
    private Path folder;

    @Test
    void healsOrSaysOpenlyWhatIsLost() throws Exception {
        try (SharedProcess first = new SharedProcess(); SharedProcess second = new SharedProcess(); SharedProcess third = new SharedProcess();
             SharedProcess beside = new SharedProcess(); TokenStoreCrash stores = new TokenStoreCrash(folder); TokenCrash database = new TokenCrash()) {
            stores.launch(first);
            database.launch(first);
            stores.begins();
            database.begins();
            stores.isHeldUp();
            database.isHeldUp();
            first.kill();
            stores.killed();
            database.killed();

            stores.launch(second);
            var restarted = database.launch(second);
            stores.heals();
            database.healsOrSaysOpenlyWhatIsLost(restarted);
            stores.isHeldUp();
            second.kill();
            stores.killed();

            stores.launch(third);
            database.launchWithAnotherToken(third);
            stores.heals();
            database.healsWithAnotherToken();
            stores.goesOnBesideAnother(third, beside);
        }
    }
}
