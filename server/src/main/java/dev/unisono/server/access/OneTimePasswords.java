package dev.unisono.server.access;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.codec.binary.Base32;

/**
 * The codes that an app shows, each for half a minute (RFC 6238), and those that are written down
 * for the day on which the app is lost. Has no state.
 */
final class OneTimePasswords {
  static final int RECOVERY_CODES = 10;

  private static final String ISSUER = "Unisono";

  /** As RFC 4226, section 4, recommends it. */
  private static final int SECRET_BYTES = 20;

  /** Nobody guesses one of so many; so a hash without stretching will do. */
  private static final int RECOVERY_BYTES = 10;

  /** Clocks differ, and typing takes a while. */
  private static final int STEPS_EITHER_WAY = 1;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final TimeBasedOneTimePasswordGenerator GENERATOR =
      new TimeBasedOneTimePasswordGenerator();

  private OneTimePasswords() {}

  static byte[] newSecret() {
    byte[] secret = new byte[SECRET_BYTES];
    RANDOM.nextBytes(secret);
    return secret;
  }

  /** A secret as people type it where there is no camera. */
  static String text(byte[] secret) {
    return new Base32().encodeToString(secret);
  }

  /** What an app reads from a picture of it. */
  static String address(String user, byte[] secret) {
    return "otpauth://totp/"
        + ISSUER
        + ":"
        + URLEncoder.encode(user, StandardCharsets.UTF_8)
        + "?secret="
        + text(secret)
        + "&issuer="
        + ISSUER
        + "&algorithm=SHA1&digits=6&period=30";
  }

  /**
   * The step of time whose code this is; empty where it is none of those that count now.
   *
   * @param last the step whose code was used last: neither that nor one before counts any more
   */
  static OptionalLong step(byte[] secret, String code, Instant now, long last) {
    long stepMillis = GENERATOR.getTimeStep().toMillis();
    long present = now.toEpochMilli() / stepMillis;
    byte[] shown = code.strip().getBytes(StandardCharsets.UTF_8);
    OptionalLong found = OptionalLong.empty();
    for (long step = present - STEPS_EITHER_WAY; step <= present + STEPS_EITHER_WAY; step++) {
      byte[] right =
          at(secret, Instant.ofEpochMilli(step * stepMillis)).getBytes(StandardCharsets.UTF_8);
      if (MessageDigest.isEqual(right, shown) && step > last) {
        found = OptionalLong.of(step);
      }
    }
    return found;
  }

  /** The code of a moment. */
  static String at(byte[] secret, Instant moment) {
    try {
      return GENERATOR.generateOneTimePasswordString(
          new SecretKeySpec(secret, GENERATOR.getAlgorithm()), moment, Locale.ROOT);
    } catch (InvalidKeyException impossible) {
      throw new IllegalStateException("a key of these bytes is one", impossible);
    }
  }

  static List<String> newRecoveryCodes() {
    List<String> codes = new ArrayList<>();
    for (int i = 0; i < RECOVERY_CODES; i++) {
      byte[] random = new byte[RECOVERY_BYTES];
      RANDOM.nextBytes(random);
      String letters = new Base32().encodeToString(random).toLowerCase(Locale.ROOT);
      codes.add(letters.replaceAll("(.{4})(?=.)", "$1-"));
    }
    return codes;
  }

  /** What is kept of a recovery code, however it is typed. */
  static String recoveryHash(String code) {
    return Secrets.hash(code.replaceAll("[\\s-]", "").toLowerCase(Locale.ROOT));
  }
}
