package dev.unisono.server.tls;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.TlsConfig;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/**
 * How the doors speak TLS: by what is set before the container starts, and what is added to its
 * options. Has no state.
 */
public final class Tls {
  private static final String NAME = "doors";
  private static final String PREFIX = "quarkus.tls." + NAME + ".";

  /** Files that have changed are in effect after so long at most. */
  private static final String RELOAD = "10S";

  /** What has forward secrecy and authenticates what it encrypts; all of TLS 1.3 does. */
  private static final List<String> CIPHER_SUITES =
      List.of(
          "TLS_AES_256_GCM_SHA384",
          "TLS_AES_128_GCM_SHA256",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");

  private static final String A_YEAR = "max-age=31536000";

  private Tls() {}

  /** Sets where the container listens, and by which certificate. */
  public static void set(Config config, InstantSource clock) {
    Config.ServerConfig server = config.server();
    System.setProperty("quarkus.http.host", server.host());
    TlsConfig tls = server.tls();
    if (tls == null) {
      System.setProperty("quarkus.http.port", Integer.toString(server.port()));
      return;
    }
    Path certificate = tls.certificate();
    Path key = tls.key();
    if (certificate == null || key == null) {
      GeneratedCertificate generated = new GeneratedCertificate(config.state().folder(), clock);
      generated.provide(server.host());
      certificate = generated.certificate();
      key = generated.key();
    }
    System.setProperty("quarkus.http.ssl-port", Integer.toString(server.port()));
    System.setProperty("quarkus.http.insecure-requests", "disabled");
    System.setProperty("quarkus.http.tls-configuration-name", NAME);
    System.setProperty(PREFIX + "key-store.pem.0.cert", certificate.toAbsolutePath().toString());
    System.setProperty(PREFIX + "key-store.pem.0.key", key.toAbsolutePath().toString());
    System.setProperty(PREFIX + "reload-period", RELOAD);
    System.setProperty(PREFIX + "protocols", "TLSv1.3,TLSv1.2");
    System.setProperty(PREFIX + "cipher-suites", String.join(",", CIPHER_SUITES));
    Path authorities = tls.clientAuthorities();
    if (authorities != null) {
      System.setProperty(PREFIX + "trust-store.pem.certs", authorities.toAbsolutePath().toString());
    }
  }

  /** Adds what the container has no setting for once it is built. */
  public static void customize(Config.ServerConfig server, HttpServerOptions options) {
    TlsConfig tls = server.tls();
    if (tls != null && tls.clientAuthorities() != null) {
      options.setClientAuth(ClientAuth.REQUIRED);
    }
  }

  /**
   * Has browsers come by TLS alone from then on. Not where the certificate is one of our own
   * making: they would let nobody pass who has not made them trust it.
   */
  public static void mount(Config.ServerConfig server, Router router) {
    TlsConfig tls = server.tls();
    if (tls != null && tls.certificate() != null) {
      router
          .route()
          .handler(context -> {
            context.response().putHeader("Strict-Transport-Security", A_YEAR);
            context.next();
          });
    }
  }
}
