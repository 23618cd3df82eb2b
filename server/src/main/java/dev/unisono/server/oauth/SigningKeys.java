package dev.unisono.server.oauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.unisono.engine.config.AccessConfig.OauthConfig;
import dev.unisono.server.access.PrivateFiles;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The keys that sign tokens, in a file of the state folder for its user alone. The next one is
 * published before it signs, so that whoever keeps a copy of them knows it in time; the one before
 * stays until all that it has signed has ended. None is made before one is needed. Safe for
 * threads.
 */
final class SigningKeys {
  static final String FILE = "oauth-keys.json";
  static final JWSAlgorithm ALGORITHM = JWSAlgorithm.RS256;

  private static final int BITS = 2048;
  private static final Duration LONGEST_LEAD = Duration.ofDays(1);

  private final Path folder;
  private final Supplier<Duration> rotate;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();

  /** In the order in which they sign. */
  private volatile List<RSAKey> keys;

  private volatile JWKSet published;

  /**
   * Reads the keys there are.
   *
   * @param rotate gives how long one signs
   */
  SigningKeys(Path folder, Supplier<Duration> rotate, InstantSource clock) {
    this.folder = folder;
    this.rotate = rotate;
    this.clock = clock;
    this.keys = read(folder.resolve(FILE));
    this.published = published(keys);
  }

  private static List<RSAKey> read(Path file) {
    try {
      if (!Files.exists(file)) {
        return List.of();
      }
      List<RSAKey> keys = new ArrayList<>();
      for (JWK key : JWKSet.parse(Files.readString(file)).getKeys()) {
        if (!(key instanceof RSAKey rsa) || !rsa.isPrivate() || rsa.getNotBeforeTime() == null) {
          throw new ParseException("a key of another kind", 0);
        }
        keys.add(rsa);
      }
      keys.sort(Comparator.comparing(SigningKeys::begins));
      return List.copyOf(keys);
    } catch (IOException unreadable) {
      throw PrivateFiles.failure("The keys of tokens", file.toAbsolutePath(), unreadable);
    } catch (ParseException broken) {
      // Its message may have a piece of the file.
      throw new UnisonoException(
          new Problem(
              "state-unusable",
              ProblemType.RESOURCES,
              "The file " + file + " does not hold the keys that sign tokens.",
              "state.folder",
              "Remove it and start again: new ones are made, and clients ask for new tokens."));
    }
  }

  private static Instant begins(RSAKey key) {
    return key.getNotBeforeTime().toInstant();
  }

  /** The one that signs now. */
  RSAKey signing() {
    upkeep(true);
    Instant now = clock.instant();
    List<RSAKey> all = keys;
    RSAKey signing = all.getFirst();
    for (RSAKey key : all) {
      if (!begins(key).isAfter(now)) {
        signing = key;
      }
    }
    return signing;
  }

  /** What others check signatures by; makes a key where there is none. */
  JWKSet shown() {
    upkeep(true);
    return published;
  }

  /** What signatures are checked by here. */
  JWKSet known() {
    return published;
  }

  /** Makes the next key in time, and lets go of those that nobody needs any more. */
  void upkeep() {
    upkeep(false);
  }

  private void upkeep(boolean needed) {
    lock.lock();
    try {
      if (keys.isEmpty() && !needed) {
        return;
      }
      List<RSAKey> next = next(clock.instant());
      if (!next.equals(keys)) {
        PrivateFiles.replace(
            folder.resolve(FILE), new JWKSet(List.<JWK>copyOf(next)).toString(false) + "\n");
        keys = next;
        published = published(next);
      }
    } catch (IOException failed) {
      throw PrivateFiles.failure("The keys of tokens", folder, failed);
    } finally {
      lock.unlock();
    }
  }

  private List<RSAKey> next(Instant now) {
    List<RSAKey> next = new ArrayList<>(keys);
    if (next.isEmpty()) {
      next.add(made(now, now));
    }
    Duration signs = rotate.get();
    Duration lead = signs.dividedBy(4);
    lead = lead.compareTo(LONGEST_LEAD) > 0 ? LONGEST_LEAD : lead;
    Instant last = begins(next.getLast());
    Instant due = last.plus(signs);
    if (!last.isAfter(now) && !now.isBefore(due.minus(lead))) {
      Instant soonest = now.plus(lead);
      next.add(made(now, due.isBefore(soonest) ? soonest : due));
    }
    // Whatever the config says by now, it may have signed what counts as long as that.
    Duration stays = OauthConfig.LONGEST_TOKEN.plus(OwnTokens.LEEWAY);
    while (next.size() > 1 && begins(next.get(1)).plus(stays).isBefore(now)) {
      next.removeFirst();
    }
    return List.copyOf(next);
  }

  private static RSAKey made(Instant now, Instant signs) {
    try {
      return new RSAKeyGenerator(BITS)
          .keyUse(KeyUse.SIGNATURE)
          .algorithm(ALGORITHM)
          .keyIDFromThumbprint(true)
          .issueTime(Date.from(now.truncatedTo(ChronoUnit.SECONDS)))
          .notBeforeTime(Date.from(signs.truncatedTo(ChronoUnit.SECONDS)))
          .generate();
    } catch (JOSEException impossible) {
      throw new IllegalStateException("every Java makes RSA keys", impossible);
    }
  }

  private static JWKSet published(List<RSAKey> keys) {
    List<JWK> shown = new ArrayList<>();
    for (RSAKey key : keys) {
      shown.add(new RSAKey.Builder(key.toPublicJWK()).issueTime(null).notBeforeTime(null).build());
    }
    return new JWKSet(shown);
  }
}
