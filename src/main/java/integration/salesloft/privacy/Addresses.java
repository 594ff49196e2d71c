package integration.salesloft.privacy;

import java.net.IDN;
import java.text.Normalizer;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/** The forms in which one e-mail address may stand in a document. */
public final class Addresses {

    private Addresses() {
    }

    /**
     * In lower case and one form of Unicode (NFKC), with the host as people and as machines write it ({@code münchen.de}, {@code xn--mnchen-3ya.de}); the first
     * is the same for each of them.
     *
     * @return empty when it is no address
     */
    public static String[] forms(Object address) {
        String form = address instanceof String text ? Normalizer.normalize(text, Normalizer.Form.NFKC).strip().toLowerCase(Locale.ROOT) : "";
        if (!form.matches("[^@\\s\\p{Cntrl}<>\"]{1,64}@[^@\\s\\p{Cntrl}<>\".]+(\\.[^@\\s\\p{Cntrl}<>\".]+)+") || form.length() > 254) {
            return new String[0];
        }
        int at = form.indexOf('@') + 1;
        Set<String> hosts = new LinkedHashSet<>();
        try {
            hosts.add(IDN.toUnicode(form.substring(at)).toLowerCase(Locale.ROOT));
            hosts.add(IDN.toASCII(form.substring(at)).toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            hosts.add(form.substring(at)); // nothing that the DNS knows
        }
        return hosts.stream().map(host -> form.substring(0, at) + host).toArray(String[]::new);
    }
}
