package integration.salesloft.lint;

import java.nio.file.Path;

/**
 * One thing that is wrong, and where.
 *
 * @param file the file, under the folder as the caller named it
 * @param line counted from 1
 */
public record Finding(Path file, int line, String problem) {

    @Override
    public String toString() {
        return file + ":" + line + ": " + problem;
    }
}
