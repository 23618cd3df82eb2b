package dev.unisono.server.access;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.access.Role;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Denials;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: by the admin token, by a key, or by the session of a browser that was signed in. Only
 * hashes of what was given out are kept (invariant 10). Safe for threads.
 */
public final class Access implements AutoCloseable {
  public static final String COOKIE = "unisono_session";

  /** What a page sends along with what changes anything, where its browser says nothing. */
  public static final String CSRF_HEADER = "Unisono-CSRF";

  private static final System.Logger LOG = System.getLogger(Access.class.getName());
  private static final String BEARER = "Bearer ";
  private static final Duration UPKEEP = Duration.ofSeconds(30);
  private static final String UNKNOWN = "unknown";

  private static final Set<HttpMethod> READING =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

  private final AdminToken adminToken;
  private final ApiKeys keys;
  private final Users users;
  private final Sessions sessions;
  private final SignIn signIn;
  private final Passwords passwords;
  private final SignInThrottle throttle;
  private final MaskKey secret;
  private final Supplier<AccessPolicy> policy;
  private final Audit audit;
  private final BadTokens badTokens;
  private final InstantSource clock;
  private final Thread upkeep = Thread.ofVirtual().name("access-upkeep").unstarted(this::keepUp);
  private volatile Tokens tokens = Tokens.NONE;

  private Access(
      Path folder,
      DoorsDatabase database,
      Supplier<AccessPolicy> policy,
      Audit audit,
      Passwords passwords,
      InstantSource clock) {
    this.adminToken = AdminToken.open(folder);
    this.keys = new ApiKeys(database, clock);
    // A role of the config will say that its holders need one.
    this.users = new Users(database, clock, _ -> false);
    this.sessions = new Sessions(database, clock, this::origin);
    this.passwords = passwords;
    this.throttle = new SignInThrottle(database, clock);
    this.badTokens = new BadTokens(audit, clock);
    this.signIn = new SignIn(users, passwords, throttle, audit, badTokens);
    this.secret = PrivateFiles.maskKey(folder);
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
    return open(folder, database, policy, audit, Passwords.usual(), clock);
  }

  static Access open(
      Path folder,
      DoorsDatabase database,
      Supplier<AccessPolicy> policy,
      Audit audit,
      Passwords passwords,
      InstantSource clock) {
    return new Access(folder, database, policy, audit, passwords, clock);
  }

  /** Begins to write down from time to time what is in memory alone. */
  public void start() {
    upkeep.start();
  }

  private void keepUp() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(UPKEEP.toMillis());
        flush();
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void flush() {
    try {
      badTokens.upkeep();
      keys.flush();
      sessions.upkeep();
    } catch (UnisonoException failed) {
      LOG.log(System.Logger.Level.WARNING, failed.problem().toString());
    }
  }

  /** Writes down when keys and sessions were used last. */
  @Override
  public void close() {
    upkeep.interrupt();
    badTokens.tell();
    flush();
  }

  /** What has to be told of what was refused to whom. */
  public Denials denials() {
    return (caller, action, reason) ->
        audit.tell(
            new Audit.Event(
                Audit.Kind.DENIAL, caller.name(), action, "", false, reason, caller.address()));
  }

  /** What is told of what was done. */
  public Audit audit() {
    return audit;
  }

  /** Tells that a caller has done something. */
  public void tell(Audit.Kind kind, Caller caller, String action, String subject, String detail) {
    audit.tell(
        new Audit.Event(kind, caller.name(), action, subject, true, detail, caller.address()));
  }

  /** Has tokens taken from now on: they are made for those that are known here. */
  public void take(Tokens others) {
    tokens = others;
  }

  /**
   * A browser that somebody is signed in with.
   *
   * @param session names the session; never a secret
   */
  public record Browser(Principal principal, String session) {}

  /** Who is signed in in the browser that sends a request; empty where nobody is. */
  public Optional<Browser> browser(HttpServerRequest request) {
    Cookie cookie = request.getCookie(cookieName(request));
    if (cookie == null || !sameOrigin(request)) {
      return Optional.empty();
    }
    return sessions
        .find(cookie.getValue())
        .filter(principal -> !principal.over(clock.instant()))
        .map(principal -> new Browser(principal, Secrets.hash(cookie.getValue())));
  }

  /** The keys by which programs call. */
  public ApiKeys keys() {
    return keys;
  }

  /** The people who call. */
  public Users users() {
    return users;
  }

  /** What is known of attempts to sign in. */
  public SignIn signIns() {
    return signIn;
  }

  /** All roles there are. */
  public Collection<Role> roles() {
    return policy.get().roles().values();
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

  /** Scopes of what a caller has shown; null where that is good for all that the roles allow. */
  public @Nullable Set<Scope> scopes(Caller caller) {
    return principal(caller).scopes();
  }

  /** Whom a credential stands for now that was shown before; empty where it counts no more. */
  public Optional<Principal> origin(String credential) {
    int end = credential.lastIndexOf('/');
    if (credential.startsWith(ApiKey.PREFIX)) {
      return keys.named(credential.substring(end + 1));
    }
    if (credential.startsWith(User.PREFIX)) {
      return users.find(
          credential.substring(User.PREFIX.length(), end), credential.substring(end + 1));
    }
    return adminToken.principal().filter(admin -> admin.credential().equals(credential));
  }

  /** A code that signs one browser in, once, within a day, as whoever asks for it. */
  public String newSignInCode(Caller caller) {
    return sessions.newLink(principal(caller).credential());
  }

  /**
   * Exchanges a code for a session; empty where it was used, is too old, none of ours, or whoever
   * it was made by counts no more.
   */
  public Optional<String> signIn(String code, @Nullable String address) {
    Optional<Principal> found = sessions.takeLink(code).flatMap(this::origin);
    if (found.isEmpty()) {
      badTokens.shown(
          "", "link", "The sign-in link was used, is too old or none of ours.", address);
      return Optional.empty();
    }
    String name = found.get().name();
    audit.tell(
        new Audit.Event(
            Audit.Kind.SIGN_IN, name, "link", "", true, "Signed in by a link.", address));
    return Optional.of(sessions.begin(found.get().credential(), name, address));
  }

  /**
   * Signs somebody in by what they show.
   *
   * @return what the browser is to show from now on
   * @throws SignIn.Locked where too many attempts have failed
   * @throws Refusal 401 wrong-credentials, second-factor-needed; 503 sign-in-busy
   */
  public String signIn(SignIn.Shown shown, String address) throws InterruptedException {
    String name = signIn.check(shown, address);
    return session(name, address);
  }

  private String session(String name, String address) {
    Principal principal =
        users
            .present(name)
            .orElseThrow(() -> refusal("session-ended", "The user was disabled meanwhile."));
    return sessions.begin(principal.credential(), principal.name(), address);
  }

  /**
   * Sets a password by a code that was given out for that.
   *
   * @throws Refusal 401 link-used; 422 weak-password; 503 sign-in-busy
   */
  public void setUp(String code, String password, String address) throws InterruptedException {
    Optional<String> owner = users.codesOwner(code);
    if (owner.isEmpty()) {
      badTokens.shown("", "set-up", "The code was used, is too old or none of ours.", address);
      throw used();
    }
    String name = owner.get();
    Passwords.check(password, name, users.get(name).displayName());
    if (!users.setPassword(name, passwords.hash(password), code)) {
      throw used();
    }
    throttle.forget(name);
    audit.tell(
        new Audit.Event(
            Audit.Kind.ACCESS,
            User.PREFIX + name,
            "user.password",
            name,
            true,
            "Chose a password by a code.",
            address));
  }

  private static Refusal used() {
    return new Refusal(
        401,
        "link-used",
        "This code was used, is too old, or is none of ours; ask an administrator for a new one.");
  }

  /**
   * Changes a user's password, which ends all of their sessions.
   *
   * @return what the browser is to show from now on
   * @throws SignIn.Locked where too many attempts have failed
   * @throws Refusal 401 wrong-credentials; 422 weak-password; 503 sign-in-busy
   */
  public String changePassword(Caller caller, String present, String wanted)
      throws InterruptedException {
    String name = userName(caller);
    String address = addressOf(caller);
    signIn.confirm(name, present, address);
    Passwords.check(wanted, name, users.get(name).displayName());
    var _ = users.setPassword(name, passwords.hash(wanted), null);
    tell(Audit.Kind.ACCESS, caller, "user.password", name, "Changed the password.");
    return session(name, address);
  }

  /** Lets go of what is known of failures, once somebody is to choose a new password. */
  public void forgetFailures(String name) {
    throttle.forget(name);
  }

  /**
   * Offers a second factor.
   *
   * @return the secret as text, and the address that an app reads it from
   */
  public List<String> offerSecondFactor(Caller caller, String password)
      throws InterruptedException {
    String name = userName(caller);
    signIn.confirm(name, password, addressOf(caller));
    byte[] offered = users.offerFactor(name);
    return List.of(OneTimePasswords.text(offered), OneTimePasswords.address(name, offered));
  }

  /** Takes the second factor that was offered; gives recovery codes. */
  public List<String> confirmSecondFactor(Caller caller, String code) {
    String name = userName(caller);
    List<String> codes = signIn.confirmFactor(name, code, addressOf(caller));
    tell(Audit.Kind.ACCESS, caller, "user.second-factor", name, "Took a second factor.");
    return codes;
  }

  /** Takes a second factor away. */
  public void removeSecondFactor(Caller caller, String password) throws InterruptedException {
    String name = userName(caller);
    signIn.confirm(name, password, addressOf(caller));
    users.removeFactor(name);
    tell(Audit.Kind.ACCESS, caller, "user.second-factor", name, "Took the second factor away.");
  }

  /** Gives other recovery codes. */
  public List<String> newRecoveryCodes(Caller caller, String password) throws InterruptedException {
    String name = userName(caller);
    signIn.confirm(name, password, addressOf(caller));
    List<String> codes = users.newRecoveryCodes(name);
    tell(Audit.Kind.ACCESS, caller, "user.recovery-codes", name, "Took other recovery codes.");
    return codes;
  }

  /** The user that a caller is; empty where it is none. */
  public Optional<User> user(Caller caller) {
    return caller.name().startsWith(User.PREFIX)
        ? Optional.of(users.get(caller.name().substring(User.PREFIX.length())))
        : Optional.empty();
  }

  /** Whether a user may do nothing before taking a second factor. */
  public boolean lacksSecondFactor(User user) {
    return users.lacksSecondFactor(user);
  }

  private String userName(Caller caller) {
    return user(caller)
        .map(User::name)
        .orElseThrow(() ->
            new Refusal(
                409,
                "not-a-user",
                "Only users have a password and a second factor; you are none."));
  }

  private static String addressOf(Caller caller) {
    String address = caller.address();
    return address == null ? UNKNOWN : address;
  }

  /** Browsers that are signed in. */
  public List<Session> sessions() {
    return sessions.all();
  }

  /**
   * Ends a session.
   *
   * @throws Refusal 404 not-found
   */
  public Session endSession(String id) {
    return sessions
        .endOne(id)
        .orElseThrow(() -> new Refusal(404, "not-found", "There is no session '" + id + "'."));
  }

  /** Ends all sessions of a caller. */
  public int endSessions(String caller) {
    return sessions.endOf(caller).size();
  }

  /** Ends the session by which a request came; false where it came by none. */
  public boolean signOut(HttpServerRequest request, Caller caller) {
    Cookie cookie = request.getCookie(cookieName(request));
    boolean ended = cookie != null && sessions.end(cookie.getValue()).isPresent();
    if (ended) {
      tell(Audit.Kind.SIGN_IN, caller, "sign-out", "", "Signed out.");
    }
    return ended;
  }

  /** What a page sends along with what changes anything; null where no session was shown. */
  public @Nullable String csrfToken(HttpServerRequest request) {
    Cookie cookie = request.getCookie(cookieName(request));
    return cookie == null || request.getHeader("Authorization") != null
        ? null
        : Sessions.csrfToken(cookie.getValue());
  }

  /** Where a request comes from, as far as the connection tells. */
  public static String address(HttpServerRequest request) {
    SocketAddress address = request.remoteAddress();
    String host = address == null ? null : address.hostAddress();
    return host == null ? UNKNOWN : host;
  }

  /** Under TLS browsers take one of this name from the very host alone, for all of its paths. */
  public static String cookieName(HttpServerRequest request) {
    return request.isSSL() ? "__Host-" + COOKIE : COOKIE;
  }

  /**
   * Who sends a request.
   *
   * @throws Refusal 401 where nobody we know does; 403 no-csrf-token
   */
  public Caller admit(HttpServerRequest request) {
    String header = request.getHeader("Authorization");
    if (header != null) {
      return admit(header, address(request));
    }
    Cookie cookie = request.getCookie(cookieName(request));
    if (cookie == null) {
      throw refusal("not-signed-in", "There is neither a token nor a session.");
    }
    if (!sameOrigin(request)) {
      throw refusal("another-origin", "A session counts only with requests of our own pages.");
    }
    Caller caller =
        sessions
            .find(cookie.getValue())
            .flatMap(this::caller)
            .orElseThrow(() -> refusal("session-ended", "The session has ended."));
    checkIntended(request, cookie.getValue());
    return caller.from(address(request));
  }

  /**
   * Looks whether a page of ours has sent what changes something. A browser that says where a
   * request comes from is believed, since no script can say it in its place; one that does not,
   * such as over plain HTTP, has to show what another's page cannot read.
   */
  private static void checkIntended(HttpServerRequest request, String session) {
    if (READING.contains(request.method())
        || "same-origin".equals(request.getHeader("Sec-Fetch-Site"))) {
      return;
    }
    String shown = request.getHeader(CSRF_HEADER);
    if (shown == null
        || !Secrets.same(Secrets.sha256(shown), Secrets.sha256(Sessions.csrfToken(session)))) {
      throw new Refusal(
          403,
          "no-csrf-token",
          "With a session, what changes something needs the header "
              + CSRF_HEADER
              + ": GET /v1/me tells its value as csrfToken.",
          CSRF_HEADER);
    }
  }

  /** Who has the token in an {@code Authorization} header. */
  public Caller admit(String authorization) {
    return admit(authorization, null);
  }

  /** The same, asking from an address. */
  public Caller admit(String authorization, @Nullable String address) {
    if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      throw wrong("Only Bearer tokens are taken.", address);
    }
    String token = authorization.substring(BEARER.length()).strip();
    byte[] shown = Secrets.sha256(token);
    Principal principal =
        Tokens.hasForm(token)
            ? tokens.find(token, shown)
            : keys.find(token, shown)
                .or(() -> adminToken.find(shown))
                .orElseThrow(() -> wrong("The token is not one of ours.", address));
    return caller(principal)
        .orElseThrow(() -> {
          badTokens.shown(principal.name(), "token", "The token counts no more.", address);
          return refusal("token-expired", "The token counts no more.");
        })
        .from(address);
  }

  private Refusal wrong(String why, @Nullable String address) {
    badTokens.shown("", "token", why, address);
    return refusal("wrong-token", why);
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
      return principal.again().flatMap(Access.this::caller).map(now -> now.from(known.address()));
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
