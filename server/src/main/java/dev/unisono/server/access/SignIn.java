package dev.unisono.server.access;

import dev.unisono.server.access.SignInThrottle.Attempt;
import dev.unisono.server.access.SignInThrottle.Counted;
import dev.unisono.server.operation.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * How people show who they are: by a password and, where they have one, a second factor. What is
 * said of a name that nobody has is what is said of a wrong password, after the same work. Blocks;
 * safe for threads.
 */
public final class SignIn {
  private static final System.Logger LOG = System.getLogger(SignIn.class.getName());

  private final Users users;
  private final Passwords passwords;
  private final SignInThrottle throttle;
  private final Audit audit;
  private final BadTokens crowd;
  private final LongAdder failures = new LongAdder();

  SignIn(Users users, Passwords passwords, SignInThrottle throttle, Audit audit, BadTokens crowd) {
    this.users = users;
    this.passwords = passwords;
    this.throttle = throttle;
    this.audit = audit;
    this.crowd = crowd;
  }

  /**
   * What somebody shows.
   *
   * @param code of the second factor; null where none is shown
   * @param recoveryCode in its place; null where none is shown
   */
  public record Shown(
      String user, String password, @Nullable String code, @Nullable String recoveryCode) {}

  /** Who has to wait before trying again. */
  public static final class Locked extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration wait;

    Locked(Duration wait) {
      super(null, null, false, false);
      this.wait = wait;
    }

    public long seconds() {
      return Math.max(1, wait.plusMillis(999).toSeconds());
    }

    public Refusal refusal() {
      return new Refusal(
          429,
          "locked",
          "Too many attempts have failed. Try again in "
              + seconds()
              + " s, or ask an administrator for a sign-in link.");
    }
  }

  /**
   * Finds out who somebody is.
   *
   * @return the user's name
   * @throws Locked where too many attempts have failed
   * @throws Refusal 401 wrong-credentials, second-factor-needed; 503 sign-in-busy
   */
  String check(Shown shown, String address) throws InterruptedException {
    String name = Users.plain(shown.user());
    Attempt attempt = begin(name, "sign-in", address);
    Users.Credentials credentials = users.credentials(name);
    String stored = credentials.password();
    boolean right = matches(attempt, stored, shown.password());
    if (!right || stored == null) {
      throw failed(attempt, "sign-in", "The password is wrong, or nobody can sign in by it.");
    }
    if (credentials.secondFactor()) {
      checkFactor(shown, attempt);
    }
    throttle.succeeded(attempt);
    if (passwords.outdated(stored)) {
      users.rehash(name, stored, passwords.hash(shown.password()));
    }
    users.signedIn(name);
    tell(name, "sign-in", true, "Signed in by password.", address);
    return name;
  }

  private void checkFactor(Shown shown, Attempt attempt) {
    String code = shown.code();
    String recovery = shown.recoveryCode();
    if (code == null && recovery == null) {
      throttle.takeBack(attempt);
      tell(
          attempt.name(),
          "sign-in",
          false,
          "The password is right; a code is asked for, too.",
          attempt.address());
      throw new Refusal(
          401,
          "second-factor-needed",
          "Send the code that your app shows as well, or a recovery code.",
          "code");
    }
    boolean known =
        code != null
            ? users.useCode(attempt.name(), code)
            : users.useRecoveryCode(attempt.name(), String.valueOf(recovery));
    if (!known) {
      throw failed(attempt, "sign-in", "The password is right, the code is not.");
    }
  }

  /**
   * Finds out whether somebody who was let in is still there, before what they are let in by is
   * changed.
   *
   * @throws Locked where too many attempts have failed
   * @throws Refusal 401 wrong-credentials
   */
  void confirm(String name, String password, String address) throws InterruptedException {
    Attempt attempt = begin(name, "confirm", address);
    if (!matches(attempt, users.credentials(name).password(), password)) {
      throw failed(attempt, "confirm", "The password is wrong.");
    }
    throttle.succeeded(attempt);
  }

  /**
   * Takes the second factor that was offered, where a code of it is shown.
   *
   * @return recovery codes
   * @throws Locked where too many attempts have failed
   * @throws Refusal 401 wrong-credentials; 409 no-second-factor
   */
  List<String> confirmFactor(String name, String code, String address) {
    Attempt attempt = begin(name, "confirm", address);
    List<String> codes =
        users
            .confirmFactor(name, code)
            .orElseThrow(() -> failed(attempt, "confirm", "The code is not of what was offered."));
    throttle.succeeded(attempt);
    return codes;
  }

  private Attempt begin(String name, String action, String address) {
    Attempt attempt = throttle.begin(name, address);
    if (!attempt.pause().isZero()) {
      failures.increment();
      crowd.shown(actor(name), action, "Not looked at: too many attempts have failed.", address);
      throw new Locked(attempt.pause());
    }
    return attempt;
  }

  private boolean matches(Attempt attempt, @Nullable String stored, String password)
      throws InterruptedException {
    try {
      return passwords.matches(stored, password);
    } catch (Refusal busy) {
      throttle.takeBack(attempt);
      throw busy;
    }
  }

  private Refusal failed(Attempt attempt, String action, String why) {
    failures.increment();
    tell(attempt.name(), action, false, why, attempt.address());
    for (Counted lock : attempt.locks()) {
      String what =
          lock.count()
              + " attempts in a row have failed "
              + (lock.ofAddress()
                  ? "from " + attempt.address()
                  : "for " + named(attempt.name()) + ", the last from " + attempt.address())
              + ".";
      LOG.log(System.Logger.Level.WARNING, "Attempts to sign in: " + what);
      audit.tell(
          new Audit.Event(
              Audit.Kind.SUSPICIOUS,
              actor(attempt.name()),
              action,
              "",
              false,
              what,
              attempt.address()));
    }
    return new Refusal(
        401,
        "wrong-credentials",
        "The name, the password or the code is wrong, or has been used. Ask an administrator where"
            + " you have forgotten it.");
  }

  private void tell(String name, String action, boolean in, String detail, String address) {
    audit.tell(new Audit.Event(Audit.Kind.SIGN_IN, actor(name), action, "", in, detail, address));
  }

  /** What nobody is called may be a password that was typed in the wrong place: it is not kept. */
  private String actor(String name) {
    return users.has(name) ? User.PREFIX + name : "";
  }

  private String named(String name) {
    return users.has(name) ? "user '" + name + "'" : "a name that nobody has";
  }

  /** Attempts that were refused since the start. */
  public long failures() {
    return failures.sum();
  }

  /** People whose name has to wait now. */
  public long locked() {
    return throttle.locked().stream().filter(users::has).count();
  }
}
