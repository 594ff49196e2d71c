package integration.salesloft;

import org.junit.platform.suite.api.ConfigurationParameter;
import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/**
 * All tests of containers as processes, and of those that the command --test starts (their names end in ProcessTest), two at a time in one
 * JVM: they wait for them most of the time, and need no other container in it.
 */
@Suite
@SelectPackages("integration.salesloft")
@IncludeClassNamePatterns(".*ProcessTest")
@ConfigurationParameter(key = "junit.jupiter.execution.parallel.mode.classes.default", value = "concurrent")
@ConfigurationParameter(key = "junit.jupiter.execution.parallel.config.fixed.parallelism", value = "2")
class AllProcessesTest {
}
