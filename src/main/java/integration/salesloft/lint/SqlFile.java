package integration.salesloft.lint;

import java.nio.file.Path;

/**
 * A file of SQL that routes use.
 *
 * @param path under the folder as the caller named it
 * @param name inside the folder {@code sql}
 */
record SqlFile(Path path, String name, String text) {

    Finding finding(int line, String problem) {
        return new Finding(path, line, problem);
    }
}
