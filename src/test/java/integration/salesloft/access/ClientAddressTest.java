package integration.salesloft.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.start.InvalidSettingException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.mock.web.MockHttpServletRequest;

/** Whoever sends X-Forwarded-For is believed only as far as proxies of ours have written it. */
class ClientAddressTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
            // trusted | connected | X-Forwarded-For, headers with ; between | counted
            "'' | 203.0.113.9 | - | 203.0.113.9",
            "'' | 10.0.0.1 | 198.51.100.7 | 10.0.0.1",
            "10.0.0.0/8 | 203.0.113.9 | 198.51.100.7 | 203.0.113.9",
            "10.0.0.0/8 | 10.1.2.3 | - | 10.1.2.3",
            "10.0.0.0/8 | 10.1.2.3 | 198.51.100.7 | 198.51.100.7",
            "10.0.0.0/8 | 10.1.2.3 | 1.1.1.1, 198.51.100.7 | 198.51.100.7",
            "10.0.0.0/8 | 10.1.2.3 | 1.1.1.1, 198.51.100.7, 10.9.9.9 | 198.51.100.7",
            "10.0.0.0/8 | 10.1.2.3 | 1.1.1.1;198.51.100.7 | 198.51.100.7",
            "10.0.0.0/8 | 10.1.2.3 | 10.7.7.7 | 10.7.7.7",
            "10.0.0.0/8 | 10.1.2.3 | unknown | 10.1.2.3",
            "10.0.0.0/8 | 10.1.2.3 | evil.example.com, 198.51.100.7 | 198.51.100.7",
            "10.0.0.0/8 | 10.1.2.3 | 198.51.100.7:4711 | 10.1.2.3",
            "10.128.0.0/9 | 10.1.2.3 | 198.51.100.7 | 10.1.2.3",
            "10.1.2.3 | 10.1.2.3 | 198.51.100.7 | 198.51.100.7",
            "10.1.2.4,10.1.2.3/32 | 10.1.2.3 | 198.51.100.7 | 198.51.100.7",
            "0.0.0.0/0 | 203.0.113.9 | ::ffff:198.51.100.7 | 198.51.100.7",
            // Whoever has one address of a network has all of them.
            "'' | 2001:db8:1:2:3:4:5:6 | - | 2001:db8:1:2:0:0:0:0/64",
            "'' | fe80:0:0:0:1:2:3:4%eth0 | - | fe80:0:0:0:0:0:0:0/64",
            "fd00::/8 | fd12::1 | 2001:db8::1 | 2001:db8:0:0:0:0:0:0/64",
            "fd00::/8 | 10.0.0.1 | 2001:db8::1 | 10.0.0.1"})
    void countsWhoeverHasConnectedToUsOrToAProxyOfOurs(String trusted, String connected, String forwarded, String counted) {
        MockHttpServletRequest request = new MockHttpServletRequest();
        request.setRemoteAddr(connected);
        if (forwarded != null) {
            for (String header : forwarded.split(";")) {
                request.addHeader("X-Forwarded-For", header);
            }
        }
        assertThat(address(trusted).of(request)).isEqualTo(counted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"proxy", "10.0.0.0/33", "10.0.0/8", "10.0.0.256", "10.0.0.0/8, 10.0.0.1", "::/129", "10.0.0.0/", "10.0.0.0/8/8", ":::", "localhost"})
    void namesASettingThatIsNoListOfNetworks(String trusted) {
        assertThatThrownBy(() -> address(trusted)).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("TRUSTED_PROXIES: must be addresses and networks");
    }

    private static ClientAddress address(String trusted) {
        StandardEnvironment settings = new StandardEnvironment();
        settings.getPropertySources().addFirst(new MapPropertySource("settings", Map.of("salesloft.trusted-proxies", trusted)));
        return new ClientAddress(settings);
    }
}
