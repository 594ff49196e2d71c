package integration.salesloft.role;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What somebody who calls in is there for. What each opens says the {@link AccessTable}. */
public enum Role {
    READER, WRITER, OPERATOR;

    /** The role that is written like this, in lower case. */
    public static Optional<Role> of(String word) {
        return Stream.of(values()).filter(role -> role.toString().equals(word)).findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
