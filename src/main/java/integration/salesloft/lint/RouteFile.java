package integration.salesloft.lint;

import java.nio.file.Path;

/**
 * A file of routes.
 *
 * @param path under the folder as the caller named it
 * @param name inside that folder, such as {@code sync/pull.camel.yaml}
 */
record RouteFile(Path path, String name, YamlFile yaml) {

    static final String ENDING = ".camel.yaml";

    /** The file's name without its ending. */
    String stem() {
        return name.substring(name.lastIndexOf('/') + 1, name.length() - ENDING.length());
    }

    /** Where it lies below the folder of routes, such as {@code gateway/token-store}; empty for a file in that folder itself. */
    String folder() {
        return name.contains("/") ? name.substring(0, name.lastIndexOf('/')) : "";
    }

    /**
     * What the ids in it begin with: folder and file, once where both have one name. Alternatives have the same routes, which are named
     * as their folder is.
     */
    String flow() {
        String folder = folder().replace('/', '-');
        return isAlternative() || folder.equals(stem()) ? folder : folder + "-" + stem();
    }

    /** Whether it lies in a folder within a folder, such as a token store: of those one is loaded. */
    boolean isAlternative() {
        return folder().contains("/");
    }

    /** Whether both can be loaded into one container. */
    boolean meets(RouteFile other) {
        return equals(other) || !isAlternative() || !folder().equals(other.folder());
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
