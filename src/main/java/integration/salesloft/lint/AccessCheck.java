package integration.salesloft.lint;

import integration.salesloft.role.AccessTable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Every endpoint that is called over HTTP has its row in the table that says who may call it, and every row its endpoint. */
class AccessCheck implements Check {

    /** The bean that has the table, in the first argument of its constructor. */
    private static final String TABLE = AccessTable.class.getName();
    private static final String ENDPOINT = "platform-http:";

    /** @param method or an empty text for an endpoint that takes any */
    private record Call(String method, String path, RouteFile file, int line) {

        boolean isOf(Call endpoint) {
            return path.equals(endpoint.path) && (endpoint.method.isEmpty() || method.equals(endpoint.method));
        }
    }

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        List<Call> rows = model.files().stream().flatMap(file -> rows(file, report)).toList();
        List<Call> endpoints = model.routes().stream().flatMap(route -> endpoints(model, route)).toList();
        endpoints.stream().filter(endpoint -> rows.stream().noneMatch(row -> row.isOf(endpoint))).forEach(endpoint -> report.accept(endpoint.file.finding(endpoint.line,
                "nobody may call " + (endpoint.method + " " + endpoint.path).strip() + ": the table of " + TABLE + " has no row for it")));
        rows.stream().filter(row -> endpoints.stream().noneMatch(row::isOf))
                .forEach(row -> report.accept(row.file.finding(row.line, "no route serves " + row.method + " " + row.path)));
        for (int i = 0; i < rows.size(); i++) {
            Call row = rows.get(i);
            if (rows.subList(0, i).stream().anyMatch(row::isOf)) {
                report.accept(row.file.finding(row.line, row.method + " " + row.path + " has another row"));
            }
        }
    }

    private static Stream<Call> rows(RouteFile file, Consumer<Finding> report) {
        return file.yaml().root().items().stream().flatMap(block -> block.get("beans").items().stream())
                .filter(bean -> TABLE.equals(bean.get("type").text()))
                .flatMap(bean -> rows(file, bean.get("constructors").get("0"), report).stream());
    }

    /** Its lines follow the one in which it begins. */
    private static List<Call> rows(RouteFile file, YamlNode table, Consumer<Finding> report) {
        List<Call> rows = new ArrayList<>();
        int number = table.line();
        for (String line : table.isText() ? table.text().lines().toList() : List.<String>of()) {
            number++;
            try {
                if (AccessTable.isRow(line)) {
                    AccessTable.Row row = AccessTable.row(line);
                    rows.add(new Call(row.method(), row.path(), file, number));
                }
            } catch (IllegalArgumentException e) {
                report.accept(file.finding(number, "is no row such as GET /path: reader, operator; without a token: anyone, signature or state"));
            }
        }
        return rows;
    }

    private static Stream<Call> endpoints(RouteModel model, Route route) {
        if (route.from() == null || !route.from().startsWith(ENDPOINT)) {
            return Stream.empty();
        }
        YamlNode from = route.node().get("from");
        String restrict = from.get("parameters").get("httpMethodRestrict").text();
        List<String> methods = restrict == null ? List.of("") : List.of(restrict.split(", *"));
        return model.readings(route, route.from()).stream().map(uri -> uri.substring(ENDPOINT.length()).replaceFirst("\\?.*", ""))
                .flatMap(path -> methods.stream().map(method -> new Call(method, path, route.file(), from.lineOf("uri"))));
    }
}
