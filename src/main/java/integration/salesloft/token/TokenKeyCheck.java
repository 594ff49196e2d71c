package integration.salesloft.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Reads the stored token pair once, before the first route is made: a {@code TOKEN_KEY} that does not fit would else show up at the first call. */
public class TokenKeyCheck {

    private final TokenCipher cipher;
    private final DataSource database;
    private final Path statement;
    private final String apiKey;

    /**
     * @param statement the file with the statement that reads the pair
     * @param apiKey    when there is one no pair is used, and none is read
     */
    public TokenKeyCheck(TokenCipher cipher, DataSource database, String statement, String apiKey) {
        this.cipher = cipher;
        this.database = database;
        this.statement = Path.of(statement);
        this.apiKey = apiKey;
    }

    /** @throws integration.salesloft.settings.InvalidSettingException naming {@code TOKEN_KEY} when it does not fit */
    public void check() throws IOException {
        if (apiKey.isEmpty()) {
            new JdbcTemplate(database).queryForList(Files.readString(statement), byte[].class).forEach(cipher::decrypt);
        }
    }
}
