package dev.unisono.cli;

import dev.unisono.engine.config.TlsFiles;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts one server alone: the one that shows the certificate in a file. By which address it is
 * reached does not matter, since nobody else has that certificate's key. Safe for threads.
 */
final class ServerTrust extends X509ExtendedTrustManager {
  /** Where the server asks its callers for a certificate. */
  private static final String CERTIFICATE = "UNISONO_CLIENT_CERTIFICATE";

  private static final String KEY = "UNISONO_CLIENT_KEY";

  private final Path file;

  private ServerTrust(Path file) {
    this.file = file;
  }

  /**
   * A context for connections to that server.
   *
   * @param environment where our own certificate and key are named
   * @throws UnisonoException tls-unusable
   */
  static SSLContext context(Path certificate, UnaryOperator<@Nullable String> environment) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(own(environment), new TrustManager[] {new ServerTrust(certificate)}, null);
      return context;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException failed) {
      throw new UnisonoException(
          new Problem(
              "tls-unusable",
              ProblemType.USER,
              "The certificate and key of this caller cannot be used: " + failed.getMessage() + ".",
              null,
              "Name PEM files by " + CERTIFICATE + " and " + KEY + ", the key as PKCS#8."),
          failed);
    }
  }

  private static KeyManager @Nullable [] own(UnaryOperator<@Nullable String> environment)
      throws IOException, GeneralSecurityException {
    String certificate = environment.apply(CERTIFICATE);
    String key = environment.apply(KEY);
    if (certificate == null || key == null) {
      return null;
    }
    X509Certificate[] chain =
        TlsFiles.certificates(Path.of(certificate)).toArray(X509Certificate[]::new);
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "own",
        TlsFiles.privateKey(Path.of(key), chain[0].getPublicKey().getAlgorithm()),
        new char[0],
        chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    try {
      // Read each time: it may have been renewed.
      if (!TlsFiles.certificates(file).getFirst().equals(chain[0])) {
        throw new CertificateException("the server shows another certificate than " + file);
      }
    } catch (IOException unreadable) {
      throw new CertificateException(file + " cannot be read", unreadable);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw noServer();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw noServer();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw noServer();
  }

  private static CertificateException noServer() {
    return new CertificateException("this is a client");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
