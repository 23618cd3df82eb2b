package dev.unisono.engine.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Certificates and keys as PEM files (RFC 7468), and whether they will do. Has no state. */
public final class TlsFiles {
  private static final String UNUSABLE = "tls-unusable";
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private TlsFiles() {}

  /**
   * All certificates of a file, the first one first.
   *
   * @throws IOException where it cannot be read
   * @throws CertificateException where it holds none, or something else
   */
  public static List<X509Certificate> certificates(Path file)
      throws IOException, CertificateException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (var each :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      if (each instanceof X509Certificate certificate) {
        certificates.add(certificate);
      }
    }
    if (certificates.isEmpty()) {
      throw new CertificateException("there is no certificate in it");
    }
    return certificates;
  }

  static @Nullable X509Certificate checkCertificates(YamlMap map, String key, Path file) {
    try {
      return certificates(file).getFirst();
    } catch (IOException unreadable) {
      noteUnreadable(map, key, file, unreadable);
    } catch (CertificateException none) {
      map.note(
          key,
          UNUSABLE,
          "The file " + file + " holds no certificates: " + none.getMessage() + ".",
          "Name one with -----BEGIN CERTIFICATE----- in it.");
    }
    return null;
  }

  private static void noteUnreadable(YamlMap map, String key, Path file, IOException why) {
    map.note(
        key,
        UNUSABLE,
        "The file " + file + " cannot be read: " + why.getMessage() + ".",
        "Name a file that this user may read.");
  }

  /** Notes what keeps a server from speaking TLS by a certificate and its key. */
  static void checkPair(
      YamlMap map, String certificateKey, Path certificateFile, String keyKey, Path keyFile) {
    X509Certificate certificate = checkCertificates(map, certificateKey, certificateFile);
    if (certificate == null) {
      return;
    }
    if (Instant.now().isAfter(certificate.getNotAfter().toInstant())) {
      map.note(
          certificateKey,
          UNUSABLE,
          "The certificate has expired at " + certificate.getNotAfter().toInstant() + ".",
          "Have it renewed.");
    }
    try {
      if (!fits(certificate.getPublicKey(), keyFile)) {
        map.note(
            keyKey,
            UNUSABLE,
            "The key is not the one of the certificate.",
            "Name the file that was made with the certificate.");
      }
    } catch (IOException unreadable) {
      noteUnreadable(map, keyKey, keyFile, unreadable);
    } catch (GeneralSecurityException | IllegalArgumentException noKey) {
      // What the file holds is said nowhere: it may be a key all the same.
      map.note(
          keyKey,
          UNUSABLE,
          "The file " + keyFile + " holds no private key of the certificate's kind.",
          "Write it as PKCS#8 (-----BEGIN PRIVATE KEY-----) without a password: openssl pkcs8 -topk8"
              + " -nocrypt.");
    }
  }

  /**
   * The private key of a file.
   *
   * @param algorithm of the certificate's key
   * @throws IOException where it cannot be read
   * @throws GeneralSecurityException where it holds no such key
   */
  public static PrivateKey privateKey(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    Matcher found = PRIVATE_KEY.matcher(Files.readString(file));
    if (!found.find()) {
      throw new GeneralSecurityException("there is no key in " + file);
    }
    return KeyFactory.getInstance(algorithm)
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(found.group(1))));
  }

  private static boolean fits(PublicKey certified, Path keyFile)
      throws IOException, GeneralSecurityException {
    String algorithm = certified.getAlgorithm();
    PrivateKey key = privateKey(keyFile, algorithm);
    Signature signature =
        Signature.getInstance(
            switch (algorithm) {
              case "RSA" -> "SHA256withRSA";
              case "EC" -> "SHA256withECDSA";
              default -> algorithm;
            });
    byte[] text = {1, 2, 3};
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certified);
    signature.update(text);
    return signature.verify(signed);
  }
}
