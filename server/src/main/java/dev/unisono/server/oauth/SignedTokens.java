package dev.unisono.server.oauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.nimbusds.jwt.SignedJWT;
import dev.unisono.server.access.Principal;
import dev.unisono.server.access.Secrets;
import dev.unisono.server.access.Tokens;
import dev.unisono.server.operation.Refusal;
import java.nio.ByteBuffer;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Signed tokens and whom they stand for: ours, and those of issuers that the config names. What was
 * verified is remembered by the token's hash until it ends; whether it still counts is asked each
 * time. Safe for threads.
 */
final class SignedTokens implements Tokens {
  private static final int LONGEST = 16 << 10;
  private static final int MOST_REMEMBERED = 20_000;

  private final OwnTokens own;
  private final OutsideIssuers outside;
  private final Cache<ByteBuffer, Verified> verified;

  /** A token whose signature was found to be right. */
  interface Verified {
    /** From when on it counts no more. */
    Instant ends();

    /** Whether it would be found right once more by what is known of its issuer now. */
    boolean stands();

    /** Whom it stands for now; empty where it was taken back, or whoever it stands for is gone. */
    Optional<Principal> principal();
  }

  SignedTokens(OwnTokens own, OutsideIssuers outside, InstantSource clock) {
    this.own = own;
    this.outside = outside;
    this.verified =
        Caffeine.newBuilder()
            .maximumSize(MOST_REMEMBERED)
            .expireAfter(
                Expiry.<ByteBuffer, Verified>creating(
                    (_, token) -> Duration.between(clock.instant(), token.ends())))
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .build();
  }

  @Override
  public Principal find(String token, byte[] hash) {
    return verified(token, hash)
        .principal()
        .orElseThrow(() ->
            new Refusal(
                401,
                "token-expired",
                "The token was taken back, or has ended. Ask for a new one where it came from."));
  }

  private Verified verified(String token, byte[] hash) {
    ByteBuffer key = ByteBuffer.wrap(hash);
    Verified known = verified.getIfPresent(key);
    if (known == null || !known.stands()) {
      try {
        known = verify(token);
      } catch (Refusal refused) {
        throw refused;
      } catch (RuntimeException stumbled) {
        // Over something that no token has, such as null in the place of a claim.
        throw Signatures.wrong("It cannot be read.");
      }
      verified.put(key, known);
    }
    return known;
  }

  /**
   * What a text says that may be a token; empty where it has not the form of one.
   *
   * @throws Refusal 401 wrong-token, token-expired; 503 issuer-keys-unknown
   */
  Optional<Verified> verified(String text) {
    return Tokens.hasForm(text)
        ? Optional.of(verified(text, Secrets.sha256(text)))
        : Optional.empty();
  }

  private Verified verify(String text) {
    if (text.length() > LONGEST) {
      throw Signatures.wrong("It is too long.");
    }
    SignedJWT token;
    String issuer;
    try {
      token = SignedJWT.parse(text);
      issuer = token.getJWTClaimsSet().getIssuer();
    } catch (ParseException none) {
      throw Signatures.wrong("It is no signed JWT.");
    }
    if (issuer == null) {
      throw Signatures.wrong("It does not say who has given it.");
    }
    return issuer.equals(own.issuer())
        ? own.verified(token)
        : outside
            .find(issuer)
            .orElseThrow(() -> Signatures.wrong("Its issuer is not known here."))
            .verified(token);
  }
}
