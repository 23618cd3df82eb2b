package dev.unisono.engine.config;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.PolicyTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what, and whose word is taken for who that is, as the config has it. Immutable.
 *
 * @param tests what must come of it
 */
public record AccessConfig(
    AccessPolicy policy, List<PolicyTest> tests, OauthConfig oauth, List<IssuerConfig> issuers) {
  /** What holds where the config says nothing. */
  public static final AccessConfig NONE =
      new AccessConfig(AccessPolicy.NONE, List.of(), OauthConfig.USUAL, List.of());

  public AccessConfig {
    tests = List.copyOf(tests);
    issuers = List.copyOf(issuers);
  }

  /**
   * How tokens are given out.
   *
   * @param issuer a scheme, a host and a port; null where that is where the doors listen
   * @param rotate how long one key signs
   * @param tokenLifetime how long a token counts
   */
  public record OauthConfig(@Nullable String issuer, Duration rotate, Duration tokenLifetime) {
    /** How long a token may count at most, whatever a config says. */
    public static final Duration LONGEST_TOKEN = Duration.ofDays(1);

    public static final OauthConfig USUAL =
        new OauthConfig(null, Duration.ofDays(30), Duration.ofMinutes(10));
  }

  /**
   * Somebody else who gives out tokens that are taken here.
   *
   * @param issuer as its tokens name it, to the letter
   * @param rolesClaim null where its tokens tell no roles
   * @param roles by the values of that claim
   * @param scopesClaim null where its tokens are good for all that the roles allow
   * @param claims those that conditions may ask for
   * @param algorithms as JWA names them
   */
  public record IssuerConfig(
      String issuer,
      String name,
      String audience,
      @Nullable String rolesClaim,
      Map<String, String> roles,
      @Nullable String scopesClaim,
      Set<String> claims,
      Set<String> algorithms) {
    public IssuerConfig {
      roles = Map.copyOf(roles);
      claims = Set.copyOf(claims);
      algorithms = Set.copyOf(algorithms);
    }
  }
}
