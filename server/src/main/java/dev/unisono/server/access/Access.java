package dev.unisono.server.access;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Denials;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: by the admin token, by a key, or by the session of a browser that was signed in. Only
 * hashes of what was given out are kept (invariant 10). Safe for threads.
 */
public final class Access {
  public static final String COOKIE = "unisono_session";
  public static final Duration SESSION_LIFETIME = Duration.ofHours(12);

  private static final Duration LINK_LIFETIME = Duration.ofHours(24);
  private static final int MOST_LINKS = 1_000;
  private static final int MOST_SESSIONS = 10_000;
  private static final String BEARER = "Bearer ";

  private final AdminToken adminToken;
  private final ApiKeys keys;
  private final MaskKey secret;
  private final Supplier<AccessPolicy> policy;
  private final Audit audit;
  private final InstantSource clock;
  private volatile Tokens tokens = Tokens.NONE;

  /** By hashes of what was given out. */
  private final Map<String, Link> links = new ConcurrentHashMap<>();

  private final Map<String, Session> sessions = new ConcurrentHashMap<>();

  /** Something that was given out and comes to an end. */
  private interface Ending {
    Instant ends();
  }

  private record Link(Principal principal, Instant ends) implements Ending {}

  /** A browser that was signed in: as good as what it was signed in by, and no longer. */
  private final class Session implements Ending {
    private final String hash;
    private final Principal origin;
    private final Instant ends;
    private volatile @Nullable Made made;

    private record Made(Principal from, Principal principal) {}

    Session(String hash, Principal origin, Instant ends) {
      this.hash = hash;
      this.origin = origin;
      this.ends = ends;
    }

    @Override
    public Instant ends() {
      return ends;
    }

    Optional<Principal> principal() {
      return origin
          .again()
          .map(now -> {
            Made known = made;
            if (known == null || known.from() != now) {
              known = new Made(now, now.until(ends, () -> session(hash)));
              made = known;
            }
            return known.principal();
          });
    }
  }

  private Access(
      AdminToken adminToken,
      ApiKeys keys,
      MaskKey secret,
      Supplier<AccessPolicy> policy,
      Audit audit,
      InstantSource clock) {
    this.adminToken = adminToken;
    this.keys = keys;
    this.secret = secret;
    this.policy = policy;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * Reads who may call; at the first start makes the admin token and says where it is.
   *
   * @param policy gives the one in effect
   */
  public static Access open(
      Path folder,
      DoorsDatabase database,
      Supplier<AccessPolicy> policy,
      Audit audit,
      InstantSource clock) {
    return new Access(
        AdminToken.open(folder),
        new ApiKeys(database, clock),
        PrivateFiles.maskKey(folder),
        policy,
        audit,
        clock);
  }

  /** What has to be told of what was refused to whom. */
  public Denials denials() {
    return (caller, action, reason) ->
        audit.tell(
            new Audit.Event(Audit.Kind.DENIAL, caller.name(), action, "", false, reason, null));
  }

  /** What is told of what was done. */
  public Audit audit() {
    return audit;
  }

  /** Has tokens taken from now on: they are made for those that are known here. */
  public void take(Tokens others) {
    tokens = others;
  }

  /** What a caller may give to others. */
  public Delegation delegation(Caller caller) {
    return new Delegation(policy.get(), principal(caller));
  }

  private Principal principal(Caller caller) {
    return (caller.standing() instanceof Standing standing
            ? standing.principal.again()
            : adminToken.principal())
        .orElseThrow(() -> refusal("session-ended", "What was shown counts no more."));
  }

  /** Whom a credential stands for now that was shown before; empty where it counts no more. */
  public Optional<Principal> origin(String credential) {
    return credential.startsWith(ApiKey.PREFIX)
        ? keys.named(credential)
        : adminToken.principal().filter(admin -> admin.credential().equals(credential));
  }

  /**
   * A browser that somebody is signed in with.
   *
   * @param session names the session; never a secret
   */
  public record Browser(Principal principal, String session) {}

  /** Who is signed in in the browser that sends a request; empty where nobody is. */
  public Optional<Browser> browser(HttpServerRequest request) {
    Cookie cookie = request.getCookie(COOKIE);
    if (cookie == null || !sameOrigin(request)) {
      return Optional.empty();
    }
    String hash = Secrets.hash(cookie.getValue());
    return session(hash)
        .filter(principal -> !principal.over(clock.instant()))
        .map(principal -> new Browser(principal, hash));
  }

  /** The keys by which programs call. */
  public ApiKeys keys() {
    return keys;
  }

  /** A code that signs one browser in, once, within a day, as whoever asks for it. */
  public String newSignInCode(Caller caller) {
    Principal principal = principal(caller);
    forgetEnded(links, MOST_LINKS);
    String code = Secrets.next();
    links.put(Secrets.hash(code), new Link(principal, clock.instant().plus(LINK_LIFETIME)));
    return code;
  }

  /** Exchanges a code for a session; empty where it was used, is too old or none of ours. */
  public Optional<String> signIn(String code) {
    Link link = links.remove(Secrets.hash(code));
    if (link == null || clock.instant().isAfter(link.ends())) {
      return Optional.empty();
    }
    forgetEnded(sessions, MOST_SESSIONS);
    String session = Secrets.next();
    String hash = Secrets.hash(session);
    sessions.put(hash, new Session(hash, link.principal(), clock.instant().plus(SESSION_LIFETIME)));
    return Optional.of(session);
  }

  private Optional<Principal> session(String hash) {
    Session session = sessions.get(hash);
    return session == null || !clock.instant().isBefore(session.ends())
        ? Optional.empty()
        : session.principal();
  }

  private void forgetEnded(Map<String, ? extends Ending> given, int most) {
    Instant now = clock.instant();
    given.values().removeIf(each -> now.isAfter(each.ends()));
    if (given.size() >= most) {
      given.clear();
    }
  }

  /**
   * Who sends a request.
   *
   * @throws Refusal 401 where nobody we know does
   */
  public Caller admit(HttpServerRequest request) {
    String header = request.getHeader("Authorization");
    if (header != null) {
      return admit(header);
    }
    Cookie cookie = request.getCookie(COOKIE);
    if (cookie == null) {
      throw refusal("not-signed-in", "There is neither a token nor a session.");
    }
    if (!sameOrigin(request)) {
      throw refusal("another-origin", "A session counts only with requests of our own pages.");
    }
    return session(Secrets.hash(cookie.getValue()))
        .flatMap(this::caller)
        .orElseThrow(() -> refusal("session-ended", "The session has ended."));
  }

  /** Who has the token in an {@code Authorization} header. */
  public Caller admit(String authorization) {
    if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      throw refusal("wrong-token", "Only Bearer tokens are taken.");
    }
    String token = authorization.substring(BEARER.length()).strip();
    byte[] shown = Secrets.sha256(token);
    Principal principal =
        Tokens.hasForm(token)
            ? tokens.find(token, shown)
            : keys.find(token, shown)
                .or(() -> adminToken.find(shown))
                .orElseThrow(() -> refusal("wrong-token", "The token is not one of ours."));
    return caller(principal)
        .orElseThrow(() -> refusal("token-expired", "The token counts no more."));
  }

  /** Empty where its time is over, or what it was made from counts no more. */
  private Optional<Caller> caller(Principal principal) {
    return principal.over(clock.instant())
        ? Optional.empty()
        : Optional.of(principal.caller(policy.get(), secret, new Standing(principal)));
  }

  /** How a caller of ours stands. */
  private final class Standing implements Caller.Standing {
    private final Principal principal;

    Standing(Principal principal) {
      this.principal = principal;
    }

    @Override
    public Optional<Caller> now(Caller known) {
      return principal.again().flatMap(Access.this::caller);
    }
  }

  private static Refusal refusal(String code, String message) {
    return new Refusal(
        401,
        code,
        message
            + " Send Authorization: Bearer with the token from the file "
            + AdminToken.FILE
            + " in the state folder, or open a new sign-in link.");
  }

  /** Browsers say where a request comes from, each in one of these ways. */
  private static boolean sameOrigin(HttpServerRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null) {
      return site.equals("same-origin") || site.equals("none");
    }
    String host = request.getHeader("Host");
    if (host == null && request.authority() != null) {
      // HTTP/2 says it in a header of its own.
      host = request.authority().toString();
    }
    String origin = request.getHeader("Origin");
    if (origin == null) {
      origin = request.getHeader("Referer");
    }
    return origin != null && host != null && hostOf(origin).equalsIgnoreCase(host);
  }

  private static String hostOf(@Nullable String address) {
    if (address == null) {
      return "";
    }
    int start = address.indexOf("://") + 3;
    int end = address.indexOf('/', start);
    return start < 3 ? "" : address.substring(start, end < 0 ? address.length() : end);
  }
}
