package dev.unisono.server.tls;

import dev.unisono.engine.config.Config.TlsConfig;
import dev.unisono.engine.config.TlsFiles;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A certificate that signs itself, kept in the state folder: who has its file can trust it. Made by
 * the JDK's own keytool, since the JDK has no API for it.
 */
final class GeneratedCertificate {
  private static final String ALIAS = "unisono";
  private static final int VALID_DAYS = 397;

  /** One that ends sooner is made anew at a start. */
  private static final Duration LEAST_LEFT = Duration.ofDays(30);

  private static final long KEYTOOL_SECONDS = 60;

  private final Path certificate;
  private final Path key;
  private final InstantSource clock;

  GeneratedCertificate(Path stateFolder, InstantSource clock) {
    this.certificate = TlsConfig.generatedCertificate(stateFolder);
    this.key = certificate.resolveSibling("server.key");
    this.clock = clock;
  }

  Path certificate() {
    return certificate;
  }

  Path key() {
    return key;
  }

  /**
   * Makes it where there is none that will do.
   *
   * @param host that the server listens on
   * @throws UnisonoException tls-unusable where that is not possible
   */
  void provide(String host) {
    try {
      if (!willDo(host)) {
        make(host);
        System.out.println("the certificate to trust is in " + certificate);
      }
    } catch (IOException | GeneralSecurityException failed) {
      throw new UnisonoException(
          new Problem(
              "tls-unusable",
              ProblemType.RESOURCES,
              "No certificate can be made in "
                  + certificate.getParent()
                  + ": "
                  + failed.getMessage()
                  + ".",
              "server.tls",
              "Name a certificate and its key, or give this user that folder."),
          failed);
    }
  }

  private boolean willDo(String host) throws IOException {
    if (!Files.exists(certificate) || !Files.exists(key)) {
      return false;
    }
    try {
      X509Certificate made = TlsFiles.certificates(certificate).getFirst();
      Collection<List<?>> names = made.getSubjectAlternativeNames();
      return clock.instant().plus(LEAST_LEFT).isBefore(made.getNotAfter().toInstant())
          && names != null
          && names.stream().anyMatch(name -> same(String.valueOf(name.get(1)), host));
    } catch (CertificateException broken) {
      return false;
    }
  }

  /** Addresses have more than one form; one that means all of them is reached by its others. */
  private static boolean same(String named, String host) {
    if (!isAddress(host) || !isAddress(named)) {
      return named.equalsIgnoreCase(host);
    }
    InetAddress address = InetAddress.ofLiteral(host);
    return address.isAnyLocalAddress() || address.equals(InetAddress.ofLiteral(named));
  }

  private void make(String host) throws IOException, GeneralSecurityException {
    Path folder = certificate.getParent();
    if (folder == null) {
      throw new IOException("there is no folder for it");
    }
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path store = folder.resolve("made.p12");
    Files.deleteIfExists(store);
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    String password = Base64.getUrlEncoder().encodeToString(random);
    try {
      keytool(store, password, host);
      KeyStore made = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        made.load(in, password.toCharArray());
      }
      write(key, "PRIVATE KEY", made.getKey(ALIAS, password.toCharArray()).getEncoded());
      write(certificate, "CERTIFICATE", made.getCertificate(ALIAS).getEncoded());
    } finally {
      Files.deleteIfExists(store);
    }
  }

  /** The password goes by the environment, which others on the machine do not see. */
  private static void keytool(Path store, String password, String host) throws IOException {
    ProcessBuilder keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                Integer.toString(VALID_DAYS),
                "-dname",
                "CN=unisono",
                "-ext",
                "san=" + names(host),
                "-ext",
                "eku=serverAuth",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass:env",
                "UNISONO_STORE_PASSWORD")
            .redirectErrorStream(true);
    keytool.environment().put("UNISONO_STORE_PASSWORD", password);
    Process process = keytool.start();
    try {
      if (!process.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        throw new IOException("keytool says " + said.strip());
      }
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new IOException("it was interrupted", stopping);
    }
  }

  /** By which callers may reach it: this machine's name, and where it listens. */
  private static String names(String host) {
    Set<String> names = new LinkedHashSet<>(List.of("dns:localhost", "ip:127.0.0.1", "ip:::1"));
    try {
      String own = InetAddress.getLocalHost().getHostName();
      if (own.matches("[A-Za-z0-9][A-Za-z0-9.-]*") && !isAddress(own)) {
        names.add("dns:" + own);
      }
    } catch (UnknownHostException nameless) {
      // Then it is reached by an address alone.
    }
    if (!isAddress(host)) {
      names.add("dns:" + host);
    } else if (!InetAddress.ofLiteral(host).isAnyLocalAddress()) {
      names.add("ip:" + host);
    }
    return String.join(",", names);
  }

  private static boolean isAddress(String host) {
    try {
      var _ = InetAddress.ofLiteral(host);
      return true;
    } catch (IllegalArgumentException name) {
      return false;
    }
  }

  /** Whole or not at all, and for this user alone. */
  private static void write(Path file, String label, byte[] encoded) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(beside);
    Files.createFile(
        beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(encoded);
    Files.writeString(
        beside,
        "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n",
        StandardOpenOption.WRITE);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
