package dev.unisono.server.oauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import dev.unisono.server.operation.Refusal;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a token's signature and what it says of itself are checked. The algorithms and the keys are
 * given, never taken from the token: its header names one of them at most, and what else it has of
 * keys (jwk, jku, x5u, x5c) is not looked at. Has no state.
 */
final class Signatures {
  private Signatures() {}

  /**
   * What a token must say of itself.
   *
   * @param types which it may be of; null stands for one that says none
   * @param claims that it must have beside its subject, issuer, audience and end
   */
  record Asked(
      Set<@Nullable JOSEObjectType> types, String issuer, String audience, Set<String> claims) {}

  /**
   * Checks one.
   *
   * @throws Refusal 401 wrong-token, token-expired
   */
  static JWTClaimsSet check(
      SignedJWT token,
      JWKSet keys,
      Set<JWSAlgorithm> algorithms,
      Asked asked,
      InstantSource clock) {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(asked.types()));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(algorithms, new ImmutableJWKSet<>(keys)));
    Set<String> claims = new HashSet<>(asked.claims());
    claims.add("sub");
    claims.add("exp");
    DefaultJWTClaimsVerifier<SecurityContext> verifier =
        new DefaultJWTClaimsVerifier<>(
            asked.audience(), new JWTClaimsSet.Builder().issuer(asked.issuer()).build(), claims) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    verifier.setMaxClockSkew(Math.toIntExact(OwnTokens.LEEWAY.toSeconds()));
    processor.setJWTClaimsSetVerifier(verifier);
    try {
      return processor.process(token, null);
    } catch (ExpiredJWTException over) {
      throw new Refusal(
          401, "token-expired", "The token has ended. Ask for a new one where it came from.");
    } catch (BadJOSEException | JOSEException bad) {
      throw wrong(bad.getMessage() + ".");
    }
  }

  static Refusal wrong(String why) {
    return new Refusal(
        401,
        "wrong-token",
        "The token is not one that counts here. " + why + " Ask for a new one where it came from.");
  }
}
