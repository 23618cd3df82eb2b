package dev.unisono.server.access;

import dev.unisono.server.operation.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * How passwords are kept and compared: by Argon2id (RFC 9106), with what it was made by in the same
 * text. Each takes memory and time on purpose; so only some are done at once, some wait, and what
 * is beyond is refused. Blocks; safe for threads.
 */
final class Passwords {
  /** The least that is good; what people need more than anything else is length. */
  static final int SHORTEST = 12;

  static final int LONGEST = 1_000;

  /** As OWASP's cheat sheet on the storage of passwords has it. */
  static final Parameters USUAL = new Parameters(19_456, 2, 1);

  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final int MOST_WAITING = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Pattern STORED =
      Pattern.compile(
          "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,3})"
              + "\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");

  /** Those of the lists of what is tried first that are long enough. */
  private static final Set<String> COMMON =
      Set.of(
          "123456789012",
          "1234567890123",
          "12345678901234",
          "123456789012345",
          "1234567890123456",
          "012345678910",
          "000000000000",
          "111111111111",
          "123123123123",
          "123321123321",
          "121212121212",
          "112233445566",
          "1q2w3e4r5t6y",
          "1q2w3e4r5t6y7u",
          "1qaz2wsx3edc",
          "1qaz2wsx3edc4rfv",
          "qazwsxedcrfv",
          "qwertyuiopas",
          "qwertyuiop[]",
          "qwertyuiop12",
          "qwertyuiop123",
          "qwerty123456",
          "qwerty1234567",
          "qwerty12345678",
          "abcdefghijkl",
          "abcdefghijklm",
          "abcd12345678",
          "abc123456789",
          "aaaaaaaaaaaa",
          "asdfghjkl123",
          "asdfghjkl;'",
          "password1234",
          "password12345",
          "password123456",
          "passwordpassword",
          "passw0rd1234",
          "mypassword123",
          "adminadminadmin",
          "administrator",
          "administrator1",
          "admin1234567",
          "changeme1234",
          "changemenow1",
          "letmeinletmein",
          "letmein12345",
          "welcome12345",
          "welcome123456",
          "iloveyou1234",
          "iloveyouforever",
          "trustno1trustno1",
          "correcthorsebatterystaple",
          "correct horse battery staple");

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Parameters parameters;
  private final Semaphore permits;
  private final LongAdder computed = new LongAdder();

  /** Of nobody; a comparison with it takes as long as any. */
  private final String nobodys;

  /**
   * What a hash costs.
   *
   * @param memory in KiB
   */
  record Parameters(int memory, int iterations, int parallelism) {}

  /**
   * @param atOnce how many are computed at the same time
   */
  Passwords(Parameters parameters, int atOnce) {
    this.parameters = parameters;
    this.permits = new Semaphore(atOnce, true);
    // Only its form counts: no password leads to what was drawn.
    this.nobodys = text(parameters, random(SALT_BYTES), random(HASH_BYTES));
  }

  /** With the usual costs, and half of the processors for them. */
  static Passwords usual() {
    return new Passwords(USUAL, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  /** How many were computed; so a test knows that nobody is told by the time it takes. */
  long computed() {
    return computed.sum();
  }

  /**
   * Looks whether a password may be taken.
   *
   * @param names what its owner is called, which it must not be
   * @throws Refusal 422 weak-password
   */
  static void check(String password, String... names) {
    int length = password.codePointCount(0, password.length());
    if (length < SHORTEST || length > LONGEST) {
      throw weak("It has " + SHORTEST + " to " + LONGEST + " characters.");
    }
    String plain = normal(password).toLowerCase(Locale.ROOT);
    for (String name : names) {
      if (plain.equals(normal(name).toLowerCase(Locale.ROOT))) {
        throw weak("It is not the name of whoever has it.");
      }
    }
    if (COMMON.contains(plain)) {
      throw weak("It is one of those that are tried first.");
    }
  }

  private static Refusal weak(String why) {
    return new Refusal(
        422,
        "weak-password",
        why + " Several words that have nothing to do with each other are a good one.",
        "password");
  }

  /** The same characters are the same password, by whichever keyboard. */
  private static String normal(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC);
  }

  /**
   * What is kept of a password.
   *
   * @throws Refusal 503 sign-in-busy
   */
  String hash(String password) throws InterruptedException {
    byte[] salt = random(SALT_BYTES);
    return text(parameters, salt, compute(parameters, salt, password));
  }

  /**
   * Whether a password is the one of which something is kept. Takes as long where nothing is.
   *
   * @param stored null where there is nobody, or nobody's password: then none is right
   * @throws Refusal 503 sign-in-busy
   */
  boolean matches(@Nullable String stored, String password) throws InterruptedException {
    Matcher form = STORED.matcher(stored == null ? nobodys : stored);
    if (!form.matches()) {
      throw new IllegalStateException("what is kept of a password is not of its form");
    }
    byte[] computed =
        compute(parameters(form), Base64.getDecoder().decode(form.group(4)), password);
    boolean same = MessageDigest.isEqual(computed, Base64.getDecoder().decode(form.group(5)));
    return same && stored != null;
  }

  private static Parameters parameters(Matcher form) {
    return new Parameters(
        Integer.parseInt(form.group(1)),
        Integer.parseInt(form.group(2)),
        Integer.parseInt(form.group(3)));
  }

  /** Whether it would be kept in another way today. */
  boolean outdated(String stored) {
    Matcher form = STORED.matcher(stored);
    return !form.matches() || !parameters(form).equals(parameters);
  }

  private byte[] compute(Parameters costs, byte[] salt, String password)
      throws InterruptedException {
    if (permits.getQueueLength() >= MOST_WAITING
        || !permits.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new Refusal(
          503, "sign-in-busy", "Too many passwords are being looked at. Try again in a moment.");
    }
    try {
      computed.increment();
      Argon2BytesGenerator generator = new Argon2BytesGenerator();
      generator.init(
          new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
              .withVersion(Argon2Parameters.ARGON2_VERSION_13)
              .withMemoryAsKB(costs.memory())
              .withIterations(costs.iterations())
              .withParallelism(costs.parallelism())
              .withSalt(salt)
              .build());
      byte[] hash = new byte[HASH_BYTES];
      generator.generateBytes(normal(password).getBytes(StandardCharsets.UTF_8), hash);
      return hash;
    } finally {
      permits.release();
    }
  }

  private static String text(Parameters costs, byte[] salt, byte[] hash) {
    Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
    return "$argon2id$v=19$m="
        + costs.memory()
        + ",t="
        + costs.iterations()
        + ",p="
        + costs.parallelism()
        + "$"
        + base64.encodeToString(salt)
        + "$"
        + base64.encodeToString(hash);
  }

  private static byte[] random(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return random;
  }
}
