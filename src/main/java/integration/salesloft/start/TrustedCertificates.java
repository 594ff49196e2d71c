package integration.salesloft.start;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Has the JVM trust the authorities of {@code EXTRA_CA_CERTS} beside those it trusts anyway. Everything that calls out and names no trust
 * of its own asks the JVM: the HTTP client of the routes, Kafka's, those of the stores.
 */
class TrustedCertificates implements EnvironmentPostProcessor, Ordered {

    private static final String SETTING = "EXTRA_CA_CERTS";
    /** Of certificates, which everybody may read; the format wants one. */
    private static final String PASSWORD = "changeit";

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE; // before anything calls out
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String file = environment.getProperty("salesloft.extra-ca-certs", "").strip();
        if (!file.isEmpty()) {
            try {
                List<Certificate> trusted = new ArrayList<>(read(SETTING, Path.of(file)));
                trusted.addAll(trustedAnyway());
                trust(trusted);
            } catch (IOException | GeneralSecurityException e) {
                throw new IllegalStateException("cannot write down which certificates are trusted", e);
            }
        }
    }

    /** @throws InvalidSettingException when there are none in the file that the setting names, or it cannot be read */
    static List<Certificate> read(String setting, Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            List<Certificate> certificates = List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (certificates.isEmpty()) {
                throw new InvalidSettingException(setting, "holds no certificate: " + file);
            }
            return certificates;
        } catch (IOException e) {
            throw new InvalidSettingException(setting, "cannot be read: " + file);
        } catch (GeneralSecurityException e) {
            throw new InvalidSettingException(setting, "must hold certificates in PEM: " + file);
        }
    }

    private static List<Certificate> trustedAnyway() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<Certificate> trusted = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            trusted.addAll(Arrays.asList(((X509TrustManager) manager).getAcceptedIssuers()));
        }
        return trusted;
    }

    private static void trust(List<Certificate> certificates) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        for (int i = 0; i < certificates.size(); i++) {
            store.setCertificateEntry("authority-" + i, certificates.get(i));
        }
        Path file = Files.createTempFile("trusted", ".jks");
        file.toFile().deleteOnExit();
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD.toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", file.toString());
        System.setProperty("javax.net.ssl.trustStoreType", "JKS");
        System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
    }
}
