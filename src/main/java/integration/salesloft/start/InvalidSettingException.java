package integration.salesloft.start;

/** A setting without which, or with which, the container must not start. The message names the environment variable. */
public class InvalidSettingException extends IllegalStateException {

    public InvalidSettingException(String variable, String problem) {
        super(variable + ": " + problem);
    }

    /** @param line the name of the environment variable, a colon, and what is wrong */
    public InvalidSettingException(String line) {
        super(line);
    }
}
