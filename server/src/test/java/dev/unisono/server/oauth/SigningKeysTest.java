package dev.unisono.server.oauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys as time passes. */
final class SigningKeysTest {
  private static final Duration ROTATE = Duration.ofDays(30);

  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));

  private SigningKeys open() {
    return new SigningKeys(folder, () -> ROTATE, now::get);
  }

  private void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  private static List<String> shown(SigningKeys keys) {
    return keys.shown().getKeys().stream().map(JWK::getKeyID).toList();
  }

  @Test
  void theNextKeyIsShownBeforeItSignsAndTheLastUntilItsTokensEnd() {
    SigningKeys keys = open();
    String first = keys.signing().getKeyID();
    assertEquals(List.of(first), shown(keys));

    pass(ROTATE.minusDays(1));
    keys.upkeep();
    List<String> both = shown(keys);
    assertEquals(2, both.size());
    assertEquals(first, keys.signing().getKeyID());

    pass(Duration.ofDays(1));
    String second = both.get(1);
    assertEquals(second, keys.signing().getKeyID());
    assertEquals(both, shown(keys));

    // The longest that a token may count, and what clocks may be apart.
    pass(Duration.ofDays(1).plusSeconds(30));
    assertEquals(both, shown(keys));
    pass(Duration.ofSeconds(1));
    assertEquals(List.of(second), shown(keys));
  }

  @Test
  void afterALongRestNoKeySignsBeforeItWasShown() {
    String first = open().signing().getKeyID();
    pass(ROTATE.multipliedBy(3));
    SigningKeys keys = open();
    assertEquals(first, keys.signing().getKeyID());
    assertEquals(2, shown(keys).size());
    pass(Duration.ofHours(23));
    assertEquals(first, keys.signing().getKeyID());
    pass(Duration.ofHours(1));
    assertEquals(shown(keys).get(1), keys.signing().getKeyID());
  }

  @Test
  void theyOutliveARestartInAFileForTheirUserAlone() throws Exception {
    assertFalse(Files.exists(folder.resolve(SigningKeys.FILE)));
    open().upkeep();
    assertFalse(Files.exists(folder.resolve(SigningKeys.FILE)));
    String first = open().signing().getKeyID();
    assertEquals(first, open().signing().getKeyID());
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve(SigningKeys.FILE))));
  }

  @Test
  void nothingPrivateIsShown() {
    SigningKeys keys = open();
    for (JWK key : keys.shown().getKeys()) {
      assertFalse(key.isPrivate());
      RSAKey rsa = (RSAKey) key;
      assertNotNull(rsa.getModulus());
      assertEquals("RS256", rsa.getAlgorithm().getName());
    }
  }

  @Test
  void aBrokenFileIsSaidWithoutItsContent() throws Exception {
    for (String broken :
        new String[] {"", "secret", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}"}) {
      Files.writeString(folder.resolve(SigningKeys.FILE), broken);
      UnisonoException failed = assertThrows(UnisonoException.class, this::open);
      assertEquals("state-unusable", failed.problem().code());
      assertFalse(failed.problem().toString().contains("c2VjcmV0"));
      assertFalse(failed.problem().toString().contains("secret"));
    }
  }
}
