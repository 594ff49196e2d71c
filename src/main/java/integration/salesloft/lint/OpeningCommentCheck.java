package integration.salesloft.lint;

import java.util.List;
import java.util.function.Consumer;

/** Every file opens by saying what comes in, what goes out, what is guaranteed and what may be tuned. */
class OpeningCommentCheck implements Check {

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (RouteFile file : model.files()) {
            int lines = comment(file).size();
            if (lines < 3 || lines > 8) {
                report.accept(file.finding(1, "opens with " + lines + " lines of comment; 3 to 8 say what comes in and out, the guarantee, what to tune"));
            }
        }
    }

    /** The lines of the comment that a file begins with. */
    static List<String> comment(RouteFile file) {
        return file.yaml().lines().stream().takeWhile(line -> line.startsWith("#")).toList();
    }
}
