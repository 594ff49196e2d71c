package integration.salesloft.lint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What stands in a folder of routes: the files, their routes and steps, and the SQL beside them. Read without starting anything. */
public final class RouteModel {

    private final List<RouteFile> files;
    private final List<SqlFile> sql;
    private final List<Route> routes;
    private final List<TemplatedRoute> templated;

    private RouteModel(List<RouteFile> files, List<SqlFile> sql) {
        this.files = List.copyOf(files);
        this.sql = List.copyOf(sql);
        this.routes = blocks().map(block -> Route.of(block.file, block.entry)).filter(Objects::nonNull).toList();
        this.templated = blocks().filter(block -> block.entry.key().equals("templatedRoute"))
                .map(block -> TemplatedRoute.of(block.file, block.entry.value())).toList();
    }

    /**
     * Reads a folder.
     *
     * @throws IllegalArgumentException if a file in it is no YAML, with the file and the line
     * @throws UncheckedIOException     if the folder cannot be read
     */
    public static RouteModel read(Path routesDir) {
        return read(routesDir, problem -> {
            throw new IllegalArgumentException(problem.toString());
        });
    }

    /** Reads what can be read, and reports what cannot. */
    static RouteModel read(Path routesDir, Consumer<Finding> report) {
        List<RouteFile> files = new ArrayList<>();
        for (Path path : list(routesDir, RouteFile.ENDING)) {
            try {
                files.add(new RouteFile(path, name(routesDir, path), YamlFile.read(path)));
            } catch (UnreadableFileException e) {
                report.accept(new Finding(path, e.line(), e.getMessage()));
            }
        }
        List<SqlFile> sql = new ArrayList<>();
        for (Path path : list(routesDir, ".sql")) {
            try {
                sql.add(new SqlFile(path, name(routesDir, path), Files.readString(path)));
            } catch (CharacterCodingException e) {
                report.accept(new Finding(path, 1, "no text in UTF-8"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new RouteModel(files, sql);
    }

    /** A folder that Kubernetes mounts from a ConfigMap has its files once more, in folders that begin with two dots. */
    private static List<Path> list(Path directory, String ending) {
        try (Stream<Path> found = Files.walk(directory)) {
            return found.filter(path -> path.getFileName().toString().endsWith(ending) && Files.isRegularFile(path))
                    .filter(path -> !name(directory, path).contains("..")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path directory, Path file) {
        return directory.relativize(file).toString().replace('\\', '/');
    }

    List<RouteFile> files() {
        return files;
    }

    List<SqlFile> sql() {
        return sql;
    }

    List<Route> routes() {
        return routes;
    }

    List<Route> routes(RouteFile file) {
        return routes.stream().filter(route -> route.file().equals(file)).toList();
    }

    List<TemplatedRoute> templated() {
        return templated;
    }

    /** A text of a route as it reads at run time: as it is, or, in a template, once for each route made from it. */
    List<String> readings(Route route, String text) {
        List<TemplatedRoute> made = route.kind() == Route.Kind.TEMPLATE
                ? templated.stream().filter(instance -> Objects.equals(instance.template(), route.id())).toList() : List.of();
        return made.isEmpty() ? List.of(text) : made.stream().map(instance -> instance.fill(text)).distinct().toList();
    }

    /** The ids of routes, steps and branches in a file, such as {@code sync/pull.camel.yaml}; empty when there is no such file. */
    Set<String> ids(String file) {
        return Stream.concat(
                routes.stream().filter(route -> route.file().name().equals(file))
                        .flatMap(route -> Stream.concat(Stream.of(route.id() == null ? "" : route.id()), route.steps().stream().map(Step::id))),
                templated.stream().filter(made -> made.file().name().equals(file)).map(TemplatedRoute::id))
                .filter(id -> id != null && !id.isEmpty()).collect(Collectors.toSet());
    }

    private Stream<Block> blocks() {
        return files.stream().flatMap(file -> file.yaml().root().items().stream()
                .flatMap(item -> item.entries().stream().map(entry -> new Block(file, entry))));
    }

    private record Block(RouteFile file, YamlNode.Entry entry) {
    }
}
