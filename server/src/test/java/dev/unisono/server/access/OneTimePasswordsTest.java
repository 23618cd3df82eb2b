package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import org.apache.commons.codec.binary.Base32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Codes of RFC 6238, and how long each counts. */
final class OneTimePasswordsTest {
  private static final byte[] SECRET = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);

  /** Appendix B: the last six of its eight digits. */
  @ParameterizedTest
  @CsvSource({
    "59, 94287082",
    "1111111109, 07081804",
    "1111111111, 14050471",
    "1234567890, 89005924",
    "2000000000, 69279037",
    "20000000000, 65353130"
  })
  void codesAreThoseOfTheStandard(long seconds, String digits) {
    Instant at = Instant.ofEpochSecond(seconds);
    assertEquals(digits.substring(2), OneTimePasswords.at(SECRET, at));
    assertEquals(
        seconds / 30, OneTimePasswords.step(SECRET, digits.substring(2), at, 0).orElseThrow());
  }

  @Test
  void aCodeCountsOneStepEitherWay() {
    Instant at = Instant.ofEpochSecond(1_111_111_109);
    long step = at.getEpochSecond() / 30;
    for (int away = -3; away <= 3; away++) {
      String code = OneTimePasswords.at(SECRET, at.plusSeconds(30L * away));
      assertEquals(
          Math.abs(away) <= 1, OneTimePasswords.step(SECRET, code, at, 0).isPresent(), code);
    }
    String code = OneTimePasswords.at(SECRET, at);
    assertTrue(OneTimePasswords.step(SECRET, " " + code + " ", at, step - 1).isPresent());
    assertTrue(OneTimePasswords.step(SECRET, code, at, step).isEmpty(), "it was used");
    String before = OneTimePasswords.at(SECRET, at.minusSeconds(30));
    assertTrue(OneTimePasswords.step(SECRET, before, at, step).isEmpty(), "a later one was used");
  }

  @Test
  void whatIsNoCodeIsNone() {
    Instant at = Instant.ofEpochSecond(59);
    for (String code : List.of("", "287081", "28708", "2870822", "abcdef", "٢٨٧٠٨٢", "-287082")) {
      assertTrue(OneTimePasswords.step(SECRET, code, at, 0).isEmpty(), code);
    }
  }

  @Test
  void anAppReadsTheSecretFromTheAddress() {
    byte[] secret = OneTimePasswords.newSecret();
    String address = OneTimePasswords.address("ada+x@example.org", secret);
    assertTrue(address.startsWith("otpauth://totp/Unisono:ada%2Bx%40example.org?secret="), address);
    assertTrue(address.endsWith("&issuer=Unisono&algorithm=SHA1&digits=6&period=30"), address);
    String text = address.replaceAll(".*secret=([A-Z2-7]+)&.*", "$1");
    assertEquals(text, OneTimePasswords.text(secret));
    assertArrayEquals(secret, new Base32().decode(text));
    assertEquals(20, secret.length);
  }

  @Test
  void recoveryCodesAreManyAndReadInAnyForm() {
    List<String> codes = OneTimePasswords.newRecoveryCodes();
    assertEquals(10, new HashSet<>(codes).size());
    for (String code : codes) {
      assertTrue(code.matches("([a-z2-7]{4}-){3}[a-z2-7]{4}"), code);
      assertEquals(
          OneTimePasswords.recoveryHash(code),
          OneTimePasswords.recoveryHash(
              " " + code.toUpperCase(Locale.ROOT).replace("-", "") + "\n"));
      assertFalse(OneTimePasswords.recoveryHash(code).contains(code));
    }
  }
}
