package integration.salesloft.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.env.ConfigTreePropertySource;
import org.springframework.core.env.EnumerablePropertySource;

/** A folder of secrets, a setting a file. */
class SecretFolder extends EnumerablePropertySource<Path> {

    private static final Logger LOG = LoggerFactory.getLogger("settings");
    /** Everything else is used where a change of it is a restart. */
    private static final String CURRENT = "SALESLOFT_CALLBACK_TOKEN";
    private static final String PREVIOUS = "SALESLOFT_CALLBACK_TOKEN_PREVIOUS";

    private final Map<String, String> atStart = new HashMap<>();
    private final String[] names;
    private volatile Map<String, String> changing;
    private Map<String, String> seen;

    /** @throws InvalidSettingException naming a file that cannot be read */
    SecretFolder(ConfigTreePropertySource folder) {
        super(folder.getName(), folder.getSource());
        names = folder.getPropertyNames();
        for (String name : names) {
            try {
                atStart.put(name, literal(folder.getProperty(name).toString()));
            } catch (RuntimeException e) {
                throw new InvalidSettingException(name, "cannot be read from the folder " + getSource());
            }
        }
        changing = new HashMap<>(atStart);
        changing.keySet().retainAll(List.of(CURRENT, PREVIOUS));
        seen = changing;
    }

    @Override
    public String[] getPropertyNames() {
        return names;
    }

    @Override
    public Object getProperty(String name) {
        return name.equals(CURRENT) || name.equals(PREVIOUS) ? changing.get(name) : atStart.get(name);
    }

    /**
     * Reads anew what may change. It counts once two looks have seen the same, because a file may be read while somebody is writing it; and
     * not at all where a start would refuse it: then what was there stays.
     */
    void look() {
        try {
            Map<String, String> found = read();
            boolean settled = found.equals(seen);
            seen = found;
            if (!found.equals(changing)) {
                if (settled && isGood(found)) {
                    changing = found;
                } else if (!settled && !isGood(found)) {
                    LOG.error("{}: what {} has now is not taken, and what it had stays in use: it must be there, and be {}", CURRENT, getSource(), SettingsCheck.CALLBACK_TOKEN_IS);
                }
            }
        } catch (IOException e) {
            seen = Map.of(); // being changed just now
        }
    }

    private Map<String, String> read() throws IOException {
        Map<String, String> found = new HashMap<>();
        for (String name : new String[] {CURRENT, PREVIOUS}) {
            try {
                found.put(name, literal(Files.readString(getSource().resolve(name))));
            } catch (NoSuchFileException e) {
                // Taken away.
            }
        }
        return found;
    }

    private boolean isGood(Map<String, String> found) {
        return found.values().stream().allMatch(value -> value.matches(SettingsCheck.CALLBACK_TOKEN)) && (changing.getOrDefault(CURRENT, "").isEmpty() || !found.getOrDefault(CURRENT, "").isEmpty());
    }

    private static String literal(String text) {
        return LiteralSettings.literal(text.replaceFirst("[\r\n]+$", ""));
    }
}
