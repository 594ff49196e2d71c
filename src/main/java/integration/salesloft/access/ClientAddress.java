package integration.salesloft.access;

import integration.salesloft.start.InvalidSettingException;
import jakarta.servlet.http.HttpServletRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.springboot.PlatformHttpMessage;
import org.springframework.core.env.Environment;

/**
 * Where a request comes from: whoever has connected; or, when that is one of our proxies, who it says has. Anybody can send the header
 * {@code X-Forwarded-For}, so that only what a proxy of ours has added to it counts, read from its end.
 */
public class ClientAddress {

    private static final String SETTING = "TRUSTED_PROXIES";
    /** What {@link InetAddress} reads without asking a name server. */
    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:.]{2,45}");
    /** So many bytes of an IPv6 address are one network, of which anybody who has one has all addresses. */
    private static final int NETWORK_BYTES = 8;

    private final List<Network> proxies;

    private record Network(byte[] address, int bits) {

        boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = bits - bit >= 8 ? 0xff : 0xff << 8 - (bits - bit) & 0xff;
                if ((address[bit / 8] & mask) != (other[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** @throws InvalidSettingException when the setting is no list of addresses and networks */
    public ClientAddress(Environment settings) {
        proxies = Stream.of(settings.getProperty("salesloft.trusted-proxies", "").split(",")).filter(text -> !text.isEmpty())
                .map(text -> network(text).orElseThrow(() -> new InvalidSettingException(SETTING,
                        "must be addresses and networks such as 10.0.0.0/8, comma-separated without spaces"))).toList();
    }

    private static Optional<Network> network(String text) {
        String[] parts = text.split("/", -1);
        return parse(parts[0]).filter(address -> parts.length == 1 || parts.length == 2 && parts[1].matches("\\d{1,3}") && Integer.parseInt(parts[1]) <= 8 * address.length)
                .map(address -> new Network(address, parts.length == 1 ? 8 * address.length : Integer.parseInt(parts[1])));
    }

    /** {@link #of(HttpServletRequest) The address} that the request of an exchange comes from. */
    public String of(Exchange exchange) {
        return of(exchange.getMessage(PlatformHttpMessage.class).getRequest());
    }

    /** The address, or of an IPv6 one its network; as something to count by, and for nothing else. */
    String of(HttpServletRequest request) {
        String peer = request.getRemoteAddr();
        List<String> hops = Collections.list(request.getHeaders("X-Forwarded-For")).stream().flatMap(header -> Stream.of(header.split(","))).map(String::strip).toList();
        String client = peer;
        for (int i = hops.size() - 1; i >= 0 && isProxy(client); i--) {
            if (parse(hops.get(i)).isEmpty()) {
                break; // a proxy of ours writes addresses
            }
            client = hops.get(i);
        }
        return parse(client).map(ClientAddress::shown).orElse(peer);
    }

    private boolean isProxy(String address) {
        return parse(address).map(bytes -> proxies.stream().anyMatch(network -> network.contains(bytes))).orElse(false);
    }

    /** An IPv4 address in the form of IPv6 is that IPv4 address. */
    private static Optional<byte[]> parse(String text) {
        String address = text.replaceFirst("%.*", "");
        try {
            return IPV4.matcher(address).matches() || IPV6.matcher(address).matches() ? Optional.of(InetAddress.getByName(address).getAddress()) : Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static String shown(byte[] address) {
        try {
            InetAddress whole = InetAddress.getByAddress(address);
            return whole instanceof Inet6Address ? InetAddress.getByAddress(Arrays.copyOf(Arrays.copyOf(address, NETWORK_BYTES), 16)).getHostAddress() + "/64" : whole.getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // 4 or 16 bytes
        }
    }
}
