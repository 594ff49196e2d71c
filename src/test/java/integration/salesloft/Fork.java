package integration.salesloft;

/** This JVM among those that share the tests of a build: what it writes under target carries its number. */
final class Fork {

    static final String NAME = System.getProperty("fork", "1");

    static final String BUILD = System.getProperty("build", "none");

    private Fork() {
    }
}
