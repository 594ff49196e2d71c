package integration.salesloft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of a company's own, which signs certificates for as long as a test runs. */
public final class Authority {

    private static final AtomicLong SERIAL = new AtomicLong(1);
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final X500Name name;
    private final KeyPair keys;
    private final X509Certificate certificate;

    /** @param name what it calls itself */
    public Authority(String name) {
        this.name = new X500Name("CN=" + name);
        this.keys = newKeys();
        this.certificate = sign(this.name, keys, Duration.ofDays(2), true, null);
    }

    /** A certificate for a host, with its key. */
    public Identity certify(String host) {
        return certify(host, Duration.ofDays(1));
    }

    /** @param validity negative: it has ended that long ago */
    public Identity certify(String host, Duration validity) {
        KeyPair own = newKeys();
        return new Identity(sign(new X500Name("CN=" + host), own, validity, false, host), own);
    }

    /** Its own certificate, as a file in PEM. */
    public Path write(Path file) {
        try {
            return Files.writeString(file, pem("CERTIFICATE", encoded(certificate)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a client that trusts it alone calls with. */
    public SSLContext trusting() {
        try {
            KeyStore trusted = emptyStore();
            trusted.setCertificateEntry("authority", certificate);
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private X509Certificate sign(X500Name subject, KeyPair of, Duration validity, boolean authority, String host) {
        Instant now = Instant.now();
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(name, BigInteger.valueOf(SERIAL.getAndIncrement()),
                Date.from(now.minus(Duration.ofDays(7))), Date.from(now.plus(validity)), subject, of.getPublic());
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            if (host != null) {
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(GeneralName.dNSName, host)));
            }
            return new JcaX509CertificateConverter().getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static byte[] encoded(Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String what, byte[] content) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + what + "-----\n";
    }

    /** What a host shows, and proves with its key. */
    public record Identity(X509Certificate certificate, KeyPair keys) {

        /** In PEM, {@code tls.crt} and {@code tls.key}. */
        public Map<String, String> pem() {
            return Map.of("tls.crt", Authority.pem("CERTIFICATE", encoded(certificate)), "tls.key", Authority.pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
        }

        /** What a server that shows it listens with. */
        public SSLContext showing() {
            try {
                KeyStore store = emptyStore();
                store.setKeyEntry("identity", keys.getPrivate(), PASSWORD, new Certificate[] {certificate});
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(store, PASSWORD);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(factory.getKeyManagers(), null, null);
                return context;
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
