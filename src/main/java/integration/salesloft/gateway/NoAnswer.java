package integration.salesloft.gateway;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.camel.RuntimeCamelException;

/** Says in a few words why a call got no answer: which kind of failure, and of TLS what is the matter. */
public class NoAnswer {

    /** @param failure as it was thrown, also wrapped by Camel */
    public String why(Throwable failure) {
        List<Throwable> causes = Stream.iterate(failure, Objects::nonNull, Throwable::getCause).toList();
        Throwable kind = failure instanceof RuntimeCamelException && failure.getCause() != null ? failure.getCause() : failure;
        String name = kind.getClass().getSimpleName();
        if (causes.stream().noneMatch(SSLException.class::isInstance)) {
            return name;
        }
        if (is(causes, CertificateExpiredException.class)) {
            return name + ": the certificate has expired";
        }
        if (is(causes, CertificateNotYetValidException.class)) {
            return name + ": the certificate is not valid yet";
        }
        if (is(causes, CertPathBuilderException.class)) {
            return name + ": no authority that is trusted here has signed the certificate (EXTRA_CA_CERTS)";
        }
        if (is(causes, SSLPeerUnverifiedException.class)) {
            return name + ": the certificate is for another host";
        }
        return name + ": " + kind.getMessage();
    }

    private static boolean is(List<Throwable> causes, Class<? extends Throwable> type) {
        return causes.stream().anyMatch(type::isInstance);
    }
}
