package dev.unisono.server.oauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.Subject;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Principal;
import dev.unisono.server.access.Secrets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The access tokens that this server gives out: JWTs as RFC 9068 has them. Their signatures say
 * whom they were given to; whether they count is asked of the client, the consent and the person as
 * they are now. Safe for threads.
 */
final class OwnTokens {
  /** Clocks of ours and of others may be apart so far. */
  static final Duration LEEWAY = Duration.ofSeconds(30);

  static final JOSEObjectType TYPE = new JOSEObjectType("at+jwt");

  private static final String FAMILY = "family";
  private static final String GENERATION = "generation";
  private static final String CLIENT = "client_id";
  private static final String SCOPE = "scope";

  private final SigningKeys keys;
  private final Clients clients;
  private final Families families;
  private final Access access;
  private final Supplier<String> issuer;
  private final Supplier<Duration> lifetime;
  private final InstantSource clock;

  OwnTokens(
      SigningKeys keys,
      Clients clients,
      Families families,
      Access access,
      Supplier<String> issuer,
      Supplier<Duration> lifetime,
      InstantSource clock) {
    this.keys = keys;
    this.clients = clients;
    this.families = families;
    this.access = access;
    this.issuer = issuer;
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /** By which name others know this server. */
  String issuer() {
    return issuer.get();
  }

  Duration lifetime() {
    return lifetime.get();
  }

  /**
   * Makes one.
   *
   * @param family null where the client asks for nobody but itself
   */
  String made(Client client, @Nullable Family family, Set<Scope> scopes) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer.get())
            .audience(issuer.get())
            .subject(family == null ? client.id() : family.person())
            .claim(CLIENT, client.id())
            .claim(SCOPE, Clients.text(scopes))
            .claim(GENERATION, client.generation())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(lifetime.get())))
            .jwtID(Secrets.next(16));
    if (family != null) {
      claims.claim(FAMILY, family.id());
    }
    RSAKey key = keys.signing();
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(SigningKeys.ALGORITHM).type(TYPE).keyID(key.getKeyID()).build(),
            claims.build());
    try {
      token.sign(new RSASSASigner(key));
    } catch (JOSEException impossible) {
      throw new IllegalStateException("the key is one of ours", impossible);
    }
    return token.serialize();
  }

  /**
   * Reads one.
   *
   * @throws dev.unisono.server.operation.Refusal 401 wrong-token, token-expired
   */
  Verified verified(SignedJWT token) {
    JWTClaimsSet claims =
        Signatures.check(
            token,
            keys.known(),
            Set.of(SigningKeys.ALGORITHM),
            new Signatures.Asked(
                Set.of(TYPE), issuer.get(), issuer.get(), Set.of("iat", "jti", CLIENT, SCOPE)),
            clock);
    try {
      return new Verified(
          claims,
          claims.getStringClaim(CLIENT),
          claims.getIntegerClaim(GENERATION),
          claims.getStringClaim(FAMILY),
          Clients.scopes(claims.getStringClaim(SCOPE)),
          claims.getExpirationTime().toInstant().plus(LEEWAY));
    } catch (ParseException otherForm) {
      throw Signatures.wrong("It is not of the form of ours.");
    }
  }

  /** One whose signature is ours. Safe for threads. */
  final class Verified implements SignedTokens.Verified {
    private final JWTClaimsSet claims;
    private final String clientId;
    private final int generation;
    private final @Nullable String familyId;
    private final Set<Scope> scopes;
    private final Instant ends;
    private volatile @Nullable Made made;

    private record Made(Client client, @Nullable Principal person, Principal principal) {}

    private Verified(
        JWTClaimsSet claims,
        String clientId,
        int generation,
        @Nullable String familyId,
        Set<Scope> scopes,
        Instant ends) {
      this.claims = claims;
      this.clientId = clientId;
      this.generation = generation;
      this.familyId = familyId;
      this.scopes = scopes;
      this.ends = ends;
    }

    JWTClaimsSet claims() {
      return claims;
    }

    String clientId() {
      return clientId;
    }

    @Nullable String familyId() {
      return familyId;
    }

    /** What it is good for now. */
    Set<Scope> scopes() {
      return clients
          .enabled(clientId)
          .map(client -> Scope.within(scopes, client.settings().scopes()))
          .orElse(Set.of());
    }

    @Override
    public Instant ends() {
      return ends;
    }

    @Override
    public boolean stands() {
      return issuer.get().equals(claims.getIssuer());
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // they are made anew when anything of them changes
    public Optional<Principal> principal() {
      Client client = clients.enabled(clientId).orElse(null);
      if (client == null
          || client.generation() != generation
          || families.revoked(claims.getJWTID())
          || !clock.instant().isBefore(ends)) {
        return Optional.empty();
      }
      Principal person = null;
      if (familyId != null) {
        person = families.find(familyId).flatMap(family -> person(family)).orElse(null);
        if (person == null) {
          return Optional.empty();
        }
      }
      Made known = made;
      if (known == null || known.client() != client || known.person() != person) {
        known = new Made(client, person, of(client, person));
        made = known;
      }
      return Optional.of(known.principal());
    }

    private Principal of(Client client, @Nullable Principal person) {
      Set<Scope> good = Scope.within(scopes, client.settings().scopes());
      String credential = client.caller() + "/" + claims.getJWTID();
      return person == null
          ? new Principal(
              new Subject(client.caller(), client.settings().roles(), client.settings().claims()),
              credential,
              client.settings().tier(),
              good,
              ends,
              this::principal)
          : person.narrowed(credential, good, ends, this::principal);
    }
  }

  /** Whoever has consented, as they are now; empty where they count no more. */
  Optional<Principal> person(Family family) {
    return access
        .origin(family.credential())
        .filter(person -> person.name().equals(family.person()));
  }
}
