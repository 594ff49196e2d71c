package integration.salesloft.privacy;

import integration.salesloft.start.InvalidSettingException;
import javax.sql.DataSource;
import org.springframework.core.env.Environment;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Compares {@code PRIVATE_KEY} with the one of the hashes that are there, before the first route is made: under another one somebody who was erased would come back. */
public class PrivateKeyCheck {

    private final DataSource database;
    private final String rules;

    public PrivateKeyCheck(DataSource database, Environment settings) {
        this.database = database;
        this.rules = PrivateFields.rules(settings);
    }

    /** @throws InvalidSettingException naming {@code PRIVATE_KEY} when it is another one */
    public void check() {
        try {
            if (Boolean.TRUE.equals(new JdbcTemplate(database).queryForObject("select private_key_fits(?)", Boolean.class, rules))) {
                return;
            }
        } catch (DataAccessResourceFailureException e) {
            return; // that PostgreSQL is away is said by others
        }
        boolean own = Boolean.TRUE.equals(new JdbcTemplate(database).queryForObject("select key = private_mac('key', jsonb_build_object('inner', inner_pad, 'outer', outer_pad)) from private_state", Boolean.class));
        throw new InvalidSettingException("PRIVATE_KEY", own ? "must be empty: erased people or PRIVATE_FIELDS were hashed under the key that the database has made for itself (docs/privacy.md)" : "is not the one under which erased people or PRIVATE_FIELDS were hashed; set that one (docs/privacy.md says what to do when it is lost)");
    }
}
