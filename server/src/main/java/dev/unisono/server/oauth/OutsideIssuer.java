package dev.unisono.server.oauth;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.Subject;
import dev.unisono.engine.config.AccessConfig.IssuerConfig;
import dev.unisono.server.access.Principal;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Somebody else whose tokens are taken: its keys as they were fetched last, and what its tokens
 * come to here. Safe for threads.
 */
final class OutsideIssuer {
  private static final System.Logger LOG = System.getLogger(OutsideIssuer.class.getName());
  private static final Duration EVERY = Duration.ofMinutes(5);
  private static final Duration SOONEST = Duration.ofSeconds(30);
  private static final int LONGEST_SUBJECT = 255;

  /** Many servers say JWT, or nothing, where RFC 9068 would have another word. */
  private static final Set<@Nullable JOSEObjectType> TYPES = types();

  private final IssuerConfig config;
  private final OutsideIssuers all;
  private final InstantSource clock;
  private final Set<JWSAlgorithm> algorithms;
  private volatile @Nullable JWKSet keys;
  private volatile @Nullable Instant tried;
  private volatile boolean asked;
  private volatile boolean failing;

  OutsideIssuer(IssuerConfig config, OutsideIssuers all, InstantSource clock) {
    this.config = config;
    this.all = all;
    this.clock = clock;
    this.algorithms =
        config.algorithms().stream()
            .map(JWSAlgorithm::parse)
            .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<@Nullable JOSEObjectType> types() {
    Set<@Nullable JOSEObjectType> types = new HashSet<>();
    types.add(null);
    types.add(JOSEObjectType.JWT);
    types.add(OwnTokens.TYPE);
    return types;
  }

  IssuerConfig config() {
    return config;
  }

  /** Fetches its keys, where that is due. */
  void fetch(Discovery discovery) throws InterruptedException {
    Instant now = clock.instant();
    if (now.isBefore(next(asked || keys == null))) {
      return;
    }
    asked = false;
    tried = now;
    try {
      keys = discovery.keys(config.issuer());
      failing = false;
    } catch (IOException failed) {
      if (!failing) {
        failing = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "The keys of "
                + config.issuer()
                + " cannot be fetched; it is tried again every "
                + SOONEST.toSeconds()
                + " s to 5 min: "
                + failed.getMessage());
      }
    }
  }

  private Instant next(boolean soon) {
    Instant last = tried;
    return last == null ? Instant.MIN : last.plus(soon ? SOONEST : EVERY);
  }

  /**
   * Reads one of its tokens.
   *
   * @throws Refusal 401 wrong-token, token-expired; 503 issuer-keys-unknown
   */
  SignedTokens.Verified verified(SignedJWT token) {
    if (!algorithms.contains(token.getHeader().getAlgorithm())) {
      throw Signatures.wrong("It is signed by another algorithm than its issuer's.");
    }
    JWKSet known = keys;
    String kid = token.getHeader().getKeyID();
    if (known == null || (kid != null && known.getKeyByKeyId(kid) == null)) {
      asked = true;
      all.want();
      throw new Refusal(
          503,
          "issuer-keys-unknown",
          "The key that the token names is not among those of "
              + config.issuer()
              + " that are known here. They are fetched; ask again in "
              + SOONEST.toSeconds()
              + " seconds.");
    }
    JWTClaimsSet claims =
        Signatures.check(
            token,
            known,
            algorithms,
            new Signatures.Asked(TYPES, config.issuer(), config.audience(), Set.of()),
            clock);
    String subject = claims.getSubject();
    if (subject.isBlank() || subject.length() > LONGEST_SUBJECT) {
      throw Signatures.wrong("Its subject is empty, or too long.");
    }
    return new Verified(claims, kid);
  }

  /** One whose signature is this issuer's. Safe for threads. */
  private final class Verified implements SignedTokens.Verified {
    private final Instant ends;
    private final @Nullable String kid;
    private final Principal principal;

    Verified(JWTClaimsSet claims, @Nullable String kid) {
      this.ends = claims.getExpirationTime().toInstant().plus(OwnTokens.LEEWAY);
      this.kid = kid;
      String name = config.name() + ":" + claims.getSubject();
      SortedSet<String> roles = roles(claims);
      this.principal =
          new Principal(
              new Subject(name, roles, claims(claims)),
              name + "/" + Objects.requireNonNullElse(claims.getJWTID(), ""),
              Caller.STANDARD,
              scopes(claims, roles),
              ends,
              this::principal);
    }

    @Override
    public Instant ends() {
      return ends;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // there is one as long as its config does not change
    public boolean stands() {
      JWKSet known = keys;
      return all.find(config.issuer()).orElse(null) == OutsideIssuer.this
          && (kid == null || (known != null && known.getKeyByKeyId(kid) != null));
    }

    @Override
    public Optional<Principal> principal() {
      return stands() && clock.instant().isBefore(ends) ? Optional.of(principal) : Optional.empty();
    }
  }

  private SortedSet<String> roles(JWTClaimsSet claims) {
    SortedSet<String> roles = new TreeSet<>();
    String claim = config.rolesClaim();
    for (String value : claim == null ? List.<String>of() : texts(at(claims, claim))) {
      String role = config.roles().get(value);
      if (role != null) {
        roles.add(role);
      }
    }
    return roles;
  }

  /** What a scope says is good for no more than what roles allow: alone it would give it. */
  private @Nullable Set<Scope> scopes(JWTClaimsSet claims, Set<String> roles) {
    String claim = config.scopesClaim();
    if (roles.isEmpty()) {
      return Set.of();
    }
    if (claim == null) {
      return null;
    }
    return texts(at(claims, claim)).stream()
        .flatMap(text -> Clients.words(text).stream())
        .flatMap(word -> Scope.parse(word).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  private Map<String, String> claims(JWTClaimsSet all) {
    Map<String, String> claims = new HashMap<>();
    for (String name : config.claims()) {
      Object value = at(all, name);
      if (value instanceof String || value instanceof Number || value instanceof Boolean) {
        claims.put(name, value.toString());
      }
    }
    return claims;
  }

  /** A claim of this name, or what its parts lead to from one object to the next. */
  private static @Nullable Object at(JWTClaimsSet claims, String path) {
    Object whole = claims.getClaim(path);
    if (whole != null) {
      return whole;
    }
    Object value = claims.getClaims();
    for (String part : path.split("\\.", -1)) {
      value = value instanceof Map<?, ?> object ? object.get(part) : null;
    }
    return value;
  }

  private static List<String> texts(@Nullable Object value) {
    return switch (value) {
      case String text -> List.of(text);
      case Collection<?> many ->
          many.stream().filter(String.class::isInstance).map(String.class::cast).toList();
      case null, default -> List.of();
    };
  }
}
