package dev.unisono.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * What is given out once and kept as a hash alone (invariant 10). A hash without salt and
 * stretching will do, since nobody has chosen the secret: it has 256 bits. Safe for threads.
 */
public final class Secrets {
  private static final SecureRandom RANDOM = new SecureRandom();
  static final int HASH_BYTES = 32;

  private static final int BYTES = 32;

  private Secrets() {}

  /** One that nobody guesses, of letters, digits, hyphens and underscores. */
  public static String next() {
    return next(BYTES);
  }

  public static String next(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  public static byte[] sha256(String text) {
    return sha256().digest(text.getBytes(StandardCharsets.UTF_8));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  public static String hash(String text) {
    return HexFormat.of().formatHex(sha256(text));
  }

  /** In a time that tells nothing of where they differ. */
  public static boolean same(byte[] one, byte[] other) {
    return MessageDigest.isEqual(one, other);
  }
}
