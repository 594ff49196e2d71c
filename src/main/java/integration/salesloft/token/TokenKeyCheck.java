package integration.salesloft.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;

/** Reads the stored token pair once, before the first route is made: a {@code TOKEN_KEY} that does not fit would else show up at the first call. */
public class TokenKeyCheck {

    private final TokenCipher cipher;
    private final DataSource database;
    private final Path statement;
    private final boolean pairIsUsed;

    /**
     * @param statement the file with the statement that reads the pair
     * @param settings  where there is a SALESLOFT_API_KEY no pair is used, and none is read
     */
    public TokenKeyCheck(TokenCipher cipher, DataSource database, String statement, Environment settings) {
        this.cipher = cipher;
        this.database = database;
        this.statement = Path.of(statement);
        this.pairIsUsed = settings.getRequiredProperty("salesloft.api-key").isEmpty();
    }

    /** @throws integration.salesloft.start.InvalidSettingException naming {@code TOKEN_KEY} when it does not fit */
    public void check() throws IOException {
        if (pairIsUsed) {
            new JdbcTemplate(database).queryForList(Files.readString(statement)).forEach(row -> cipher.decrypt((byte[]) row.get("pair")));
        }
    }
}
