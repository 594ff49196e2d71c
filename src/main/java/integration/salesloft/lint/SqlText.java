package integration.salesloft.lint;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** SQL cut into pieces, so that one kind of them can be searched by itself. */
final class SqlText {

    enum Kind {
        CODE, COMMENT,
        /** A literal or a quoted name. */
        QUOTED,
        /** A parameter of Camel's that is an expression: {@code :#${…}}. */
        PARAMETER
    }

    private record Piece(Kind kind, String text) {
    }

    private static final Pattern DOLLAR_QUOTE = Pattern.compile("\\$[A-Za-z_]*\\$");

    private final List<Piece> pieces = new ArrayList<>();

    SqlText(String sql) {
        int i = 0;
        while (i < sql.length()) {
            Piece piece = piece(sql, i);
            pieces.add(piece);
            i += piece.text.length();
        }
    }

    /** The pieces of these kinds, each where it stood; blanks for the others. */
    String only(Kind first, Kind... others) {
        Set<Kind> kinds = EnumSet.of(first, others);
        StringBuilder text = new StringBuilder();
        pieces.forEach(piece -> text.append(kinds.contains(piece.kind) ? piece.text : piece.text.replaceAll("[^\n]", " ")));
        return text.toString();
    }

    private static Piece piece(String sql, int i) {
        if (sql.startsWith("--", i)) {
            return to(Kind.COMMENT, sql, i, sql.indexOf('\n', i), 0);
        }
        if (sql.startsWith("/*", i)) {
            return to(Kind.COMMENT, sql, i, sql.indexOf("*/", i + 2), 2);
        }
        if (sql.startsWith(":#${", i)) {
            return to(Kind.PARAMETER, sql, i, closing(sql, i + 3), 1);
        }
        if (sql.charAt(i) == '\'' || sql.charAt(i) == '"') {
            return to(Kind.QUOTED, sql, i, sql.indexOf(sql.charAt(i), i + 1), 1);
        }
        Matcher dollar = DOLLAR_QUOTE.matcher(sql).region(i, sql.length());
        if (sql.charAt(i) == '$' && dollar.lookingAt()) {
            return to(Kind.QUOTED, sql, i, sql.indexOf(dollar.group(), dollar.end()), dollar.group().length());
        }
        return new Piece(Kind.CODE, sql.substring(i, i + 1));
    }

    /** What is not closed goes on to the end. */
    private static Piece to(Kind kind, String sql, int from, int closing, int length) {
        return new Piece(kind, sql.substring(from, closing < 0 ? sql.length() : closing + length));
    }

    private static int closing(String sql, int brace) {
        int depth = 0;
        for (int i = brace; i < sql.length(); i++) {
            depth += sql.charAt(i) == '{' ? 1 : sql.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return -1;
    }
}
