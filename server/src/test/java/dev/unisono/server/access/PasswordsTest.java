package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.server.operation.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Passwords as they are kept. */
final class PasswordsTest {
  static final Passwords.Parameters CHEAP = new Passwords.Parameters(64, 1, 1);
  private static final String GOOD = "lamp river seventeen";

  @Test
  void theRightOneIsRightAndNoOther() throws Exception {
    Passwords passwords = Passwords.usual();
    String stored = passwords.hash(GOOD);
    assertTrue(stored.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), stored);
    assertFalse(stored.contains(GOOD));
    assertTrue(passwords.matches(stored, GOOD));
    assertFalse(passwords.matches(stored, GOOD + " "));
    assertFalse(passwords.matches(stored, ""));
    assertNotEquals(stored, passwords.hash(GOOD), "each has a salt of its own");
  }

  /** RFC 9106's own vectors need a secret; this one is of the reference implementation's tests. */
  @Test
  void isArgon2AsOthersComputeIt() throws Exception {
    Passwords passwords = new Passwords(CHEAP, 1);
    assertTrue(
        passwords.matches(
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
                + "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "password"));
  }

  @Test
  void theSameCharactersAreTheSamePassword() throws Exception {
    Passwords passwords = new Passwords(CHEAP, 1);
    assertTrue(passwords.matches(passwords.hash("schlüssel am brett"), "schlüssel am brett"));
  }

  @Test
  void whatWasMadeAtOtherCostsIsStillGoodAndKnownToBeOld() throws Exception {
    String stored = new Passwords(CHEAP, 1).hash(GOOD);
    Passwords now = new Passwords(new Passwords.Parameters(128, 2, 1), 1);
    assertTrue(now.matches(stored, GOOD));
    assertTrue(now.outdated(stored));
    assertFalse(now.outdated(now.hash(GOOD)));
  }

  @Test
  void nobodysPasswordTakesTheSameWork() throws Exception {
    Passwords passwords = new Passwords(CHEAP, 1);
    String stored = passwords.hash(GOOD);
    long before = passwords.computed();
    assertFalse(passwords.matches(stored, "wrong"));
    assertEquals(before + 1, passwords.computed());
    assertFalse(passwords.matches(null, "wrong"));
    assertEquals(before + 2, passwords.computed());
  }

  @Test
  void aFloodIsRefusedAndNotQueuedWithoutEnd() throws Exception {
    Passwords passwords = new Passwords(new Passwords.Parameters(8_192, 4, 1), 1);
    String stored = passwords.hash(GOOD);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> attempts = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        attempts.add(() -> {
          try {
            return passwords.matches(stored, "wrong") ? "in" : "out";
          } catch (Refusal refused) {
            return refused.status() + " " + refused.code();
          }
        });
      }
      List<String> outcomes = new ArrayList<>();
      for (Future<String> each : threads.invokeAll(attempts)) {
        outcomes.add(each.get());
      }
      assertTrue(outcomes.contains("503 sign-in-busy"), outcomes::toString);
      assertTrue(outcomes.contains("out"), outcomes::toString);
      assertFalse(outcomes.contains("in"), outcomes::toString);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "eleven char",
        "",
        "Administrator",
        "ada.lovelace",
        "ADA.Lovelace",
        "Augusta Ada King",
        "PasswordPassword",
        "123456789012",
        "correct horse battery staple"
      })
  void weakOnesAreRefused(String password) {
    Refusal refused =
        assertThrows(
            Refusal.class, () -> Passwords.check(password, "ada.lovelace", "Augusta Ada King"));
    assertEquals("weak-password", refused.code());
    assertEquals("password", refused.field());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {GOOD, "twelve chars", "aaaaaaaaaaab", "äöüäöüäöüäöü", "🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊"})
  void thereAreNoRulesOfComposition(String password) {
    Passwords.check(password, "ada", "");
  }

  @Test
  void oneOfNoEndIsRefused() {
    assertThrows(Refusal.class, () -> Passwords.check("x".repeat(1_001), "ada"));
    Passwords.check("xy".repeat(500), "ada");
  }
}
