package integration.salesloft.lint;

/** A file that is no YAML, or no text at all. */
class UnreadableFileException extends Exception {

    private final int line;

    UnreadableFileException(int line, String problem) {
        super(problem);
        this.line = line;
    }

    int line() {
        return line;
    }
}
