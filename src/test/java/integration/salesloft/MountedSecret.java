package integration.salesloft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A folder as Kubernetes mounts a Secret: each name is a link into the folder {@code ..data}, which is a link that changes as a whole. */
public final class MountedSecret {

    private final Path folder;
    private int version;

    /** @param folder is made */
    public MountedSecret(Path folder, Map<String, String> files) {
        try {
            this.folder = Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        change(files);
    }

    public Path folder() {
        return folder;
    }

    /** Has these files from now on, and no others. */
    public void change(Map<String, String> files) {
        try {
            Path next = Files.createDirectory(folder.resolve("..version_" + ++version));
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(next.resolve(file.getKey()), file.getValue());
            }
            Set<String> names = names();
            for (String name : files.keySet()) {
                if (!names.contains(name)) {
                    Files.createSymbolicLink(folder.resolve(name), Path.of("..data", name)); // to nothing, so that all changes at once
                }
            }
            Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), next.getFileName());
            Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
            names.removeAll(files.keySet());
            for (String gone : names) {
                Files.delete(folder.resolve(gone));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Set<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith("..")).collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
