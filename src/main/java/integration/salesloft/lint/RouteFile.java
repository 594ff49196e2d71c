package integration.salesloft.lint;

import java.nio.file.Path;

/**
 * A file of routes.
 *
 * @param path under the folder as the caller named it
 * @param name inside that folder, such as {@code token-store/database.camel.yaml}
 */
record RouteFile(Path path, String name, YamlFile yaml) {

    static final String ENDING = ".camel.yaml";

    /** The flow's name: the file's without its ending. */
    String stem() {
        return name.substring(name.lastIndexOf('/') + 1, name.length() - ENDING.length());
    }

    /** The subfolder, or empty. Of the files of a subfolder one is loaded: they are alternatives. */
    String folder() {
        return name.contains("/") ? name.substring(0, name.lastIndexOf('/')) : "";
    }

    /** Whether both can be loaded into one container. */
    boolean meets(RouteFile other) {
        return equals(other) || folder().isEmpty() || !folder().equals(other.folder());
    }

    Finding finding(int line, String problem) {
        return new Finding(path, line, problem);
    }

    /** Records compare by content; a file is itself by its place. */
    @Override
    public boolean equals(Object other) {
        return other instanceof RouteFile file && file.path.equals(path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
