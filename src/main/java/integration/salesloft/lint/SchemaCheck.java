package integration.salesloft.lint;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/** Files keep to the schema of Camel's YAML DSL, which is stricter than what Camel loads. */
class SchemaCheck implements Check {

    private final FutureTask<DocumentSchema> schema = new FutureTask<>(() -> DocumentSchema.read(SchemaCheck.class.getResourceAsStream("/schema/camelYamlDsl.json")));

    /** Begins to read the schema, which is large, while the caller reads its files. */
    SchemaCheck() {
        new Thread(schema, "lint-schema").start();
    }

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        DocumentSchema schema = schema();
        model.files().forEach(file -> schema.check(file.path(), file.yaml().root(), report));
    }

    private DocumentSchema schema() {
        try {
            return schema.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("the schema of the YAML DSL cannot be read", e);
        }
    }
}
