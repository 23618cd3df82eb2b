package dev.unisono.server.access;

import dev.unisono.engine.access.Subject;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Refusal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The people who may call. Whom a session stands for is in memory; passwords (as hashes), secrets
 * of second factors and the rest are in the database. Each has a stamp, which changes whenever what
 * they were let in by counts no more: what was made under another ends by that. Safe for threads.
 */
public final class Users {
  static final Duration SET_UP_LIFETIME = Duration.ofHours(24);

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@+-]{0,99}");
  private static final int MOST = 10_000;
  private static final int LONGEST_DISPLAY_NAME = 200;
  private static final int STAMP_BYTES = 9;

  private final DoorsDatabase database;
  private final InstantSource clock;
  private final Predicate<Set<String>> needSecondFactor;
  private volatile Map<String, Known> known = Map.of();

  private record Known(String stamp, boolean disabled, Principal principal) {}

  /**
   * What a person is to be.
   *
   * @param displayName for people
   */
  public record Wanted(
      String displayName,
      SortedSet<String> roles,
      Map<String, String> claims,
      String tier,
      boolean disabled) {}

  /**
   * What somebody must know to be let in.
   *
   * @param password what is kept of it; null where none was chosen, or nobody is to be let in
   * @param secondFactor whether one is asked for, too
   */
  record Credentials(@Nullable String password, boolean secondFactor) {
    /** Of a name that nobody has. */
    static final Credentials NONE = new Credentials(null, false);
  }

  /**
   * @param needSecondFactor whether whoever holds such roles must have a second factor; without it
   *     they are let in, and may do nothing but take one
   */
  Users(DoorsDatabase database, InstantSource clock, Predicate<Set<String>> needSecondFactor) {
    this.database = database;
    this.clock = clock;
    this.needSecondFactor = needSecondFactor;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS person (
          name TEXT PRIMARY KEY,
          display_name TEXT NOT NULL,
          roles TEXT NOT NULL,
          claims TEXT NOT NULL,
          tier TEXT NOT NULL,
          disabled INTEGER NOT NULL,
          stamp TEXT NOT NULL,
          created INTEGER NOT NULL,
          password TEXT,
          set_up TEXT,
          set_up_ends INTEGER,
          factor BLOB,
          factor_offered BLOB,
          factor_step INTEGER NOT NULL DEFAULT 0,
          signed_in INTEGER) WITHOUT ROWID\
        """,
        """
        CREATE TABLE IF NOT EXISTS recovery_code (
          name TEXT NOT NULL,
          hash TEXT NOT NULL,
          PRIMARY KEY (name, hash)) WITHOUT ROWID\
        """);
    refresh();
  }

  /** A name as it is kept, however it was typed; what is no name stays none. */
  public static String plain(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }

  /**
   * Makes a person, who then chooses a password by a code.
   *
   * @return the code, which is told this once
   * @throws Refusal 400 bad-name; 409 exists, too-many-users
   */
  public String create(String wantedName, Wanted wanted) {
    String name = plain(wantedName);
    if (!NAME.matcher(name).matches()) {
      throw new Refusal(
          400,
          "bad-name",
          "A user's name has 1 to 100 letters, digits, dots, hyphens, underscores, @ and +, a letter"
              + " or a digit first.",
          "name");
    }
    check(wanted);
    String code = Secrets.next();
    database.transaction(connection -> {
      Map<String, User> all = read(connection);
      if (all.containsKey(name)) {
        throw new Refusal(409, "exists", "There is a user '" + name + "' already.", "name");
      }
      if (all.size() >= MOST) {
        throw new Refusal(409, "too-many-users", "There are " + MOST + " users already.");
      }
      Statements.update(
          connection,
          "INSERT INTO person (name, display_name, roles, claims, tier, disabled, stamp, created,"
              + " set_up, set_up_ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          name,
          wanted.displayName(),
          String.join(" ", wanted.roles()),
          Claims.write(wanted.claims()),
          wanted.tier(),
          wanted.disabled() ? 1 : 0,
          stamp(),
          clock.millis(),
          Secrets.hash(code),
          clock.instant().plus(SET_UP_LIFETIME).toEpochMilli());
      return null;
    });
    refresh();
    return code;
  }

  private static void check(Wanted wanted) {
    if (wanted.displayName().length() > LONGEST_DISPLAY_NAME) {
      throw new Refusal(
          422,
          "invalid-value",
          "displayName has at most " + LONGEST_DISPLAY_NAME + " characters.",
          "displayName");
    }
  }

  private static String stamp() {
    return Secrets.next(STAMP_BYTES);
  }

  /**
   * Changes what a person may do, from the next request on. Whoever is disabled is signed out.
   *
   * @throws Refusal 404 not-found
   */
  public void change(String name, Wanted wanted) {
    check(wanted);
    database.transaction(connection -> {
      found(
          Statements.update(
              connection,
              "UPDATE person SET display_name = ?1, roles = ?2, claims = ?3, tier = ?4,"
                  + " disabled = ?5, stamp = CASE WHEN ?5 THEN ?6 ELSE stamp END WHERE name = ?7",
              wanted.displayName(),
              String.join(" ", wanted.roles()),
              Claims.write(wanted.claims()),
              wanted.tier(),
              wanted.disabled() ? 1 : 0,
              stamp(),
              name),
          name);
      return null;
    });
    refresh();
  }

  /**
   * Takes a person away.
   *
   * @throws Refusal 404 not-found
   */
  public void remove(String name) {
    database.transaction(connection -> {
      found(Statements.update(connection, "DELETE FROM person WHERE name = ?", name), name);
      Statements.update(connection, "DELETE FROM recovery_code WHERE name = ?", name);
      return null;
    });
    refresh();
  }

  /**
   * Takes a person's password away and signs them out; they choose another by a code.
   *
   * @param secondFactor whether that is taken away as well
   * @return the code, which is told this once
   * @throws Refusal 404 not-found
   */
  public String reset(String name, boolean secondFactor) {
    String code = Secrets.next();
    database.transaction(connection -> {
      found(
          Statements.update(
              connection,
              "UPDATE person SET password = NULL, stamp = ?, set_up = ?, set_up_ends = ?"
                  + " WHERE name = ?",
              stamp(),
              Secrets.hash(code),
              clock.instant().plus(SET_UP_LIFETIME).toEpochMilli(),
              name),
          name);
      if (secondFactor) {
        forgetFactor(connection, name);
      }
      return null;
    });
    refresh();
    return code;
  }

  /** Whom a code was made for that a password is chosen by; empty where it counts no more. */
  Optional<String> codesOwner(String code) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT name FROM person WHERE set_up = ? AND set_up_ends > ? AND NOT disabled")) {
        Statements.set(select, Secrets.hash(code), clock.millis());
        try (ResultSet row = select.executeQuery()) {
          return row.next() ? Optional.of(row.getString(1)) : Optional.<String>empty();
        }
      }
    });
  }

  /**
   * Sets a password and signs out whoever was signed in before.
   *
   * @param hash what is kept of it
   * @param code the one by which it is chosen, which then counts no more; null where it is changed
   * @return false where the code counts no more
   */
  boolean setPassword(String name, String hash, @Nullable String code) {
    int done =
        database.transaction(connection ->
            code == null
                ? Statements.update(
                    connection,
                    "UPDATE person SET password = ?, stamp = ? WHERE name = ?",
                    hash,
                    stamp(),
                    name)
                : Statements.update(
                    connection,
                    "UPDATE person SET password = ?, stamp = ?, set_up = NULL, set_up_ends = NULL"
                        + " WHERE name = ? AND set_up = ? AND set_up_ends > ?",
                    hash,
                    stamp(),
                    name,
                    Secrets.hash(code),
                    clock.millis()));
    refresh();
    return done > 0;
  }

  /** Keeps the same password in another way, of which nobody is told. */
  void rehash(String name, String before, String hash) {
    database.transaction(connection ->
        Statements.update(
            connection,
            "UPDATE person SET password = ? WHERE name = ? AND password = ?",
            hash,
            name,
            before));
  }

  /** What somebody must know to be let in; of a name that nobody has, or that is disabled, none. */
  Credentials credentials(String name) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT password, factor IS NOT NULL FROM person WHERE name = ? AND NOT disabled")) {
        Statements.set(select, name);
        try (ResultSet row = select.executeQuery()) {
          return row.next()
              ? new Credentials(row.getString(1), row.getBoolean(2))
              : Credentials.NONE;
        }
      }
    });
  }

  /** Whether there is somebody of that name. */
  boolean has(String name) {
    return known.containsKey(name);
  }

  void signedIn(String name) {
    database.transaction(connection ->
        Statements.update(
            connection, "UPDATE person SET signed_in = ? WHERE name = ?", clock.millis(), name));
  }

  /** Offers a secret for a second factor, which counts once a code of it is shown. */
  byte[] offerFactor(String name) {
    byte[] secret = OneTimePasswords.newSecret();
    database.transaction(connection -> {
      found(
          Statements.update(
              connection, "UPDATE person SET factor_offered = ? WHERE name = ?", secret, name),
          name);
      return null;
    });
    return secret;
  }

  /**
   * Takes the second factor that was offered, for good.
   *
   * @return recovery codes, which are told this once; empty where the code is none of it
   * @throws Refusal 409 no-second-factor where none was offered
   */
  Optional<List<String>> confirmFactor(String name, String code) {
    Optional<List<String>> codes =
        database.transaction(connection -> {
          byte[] offered = bytes(connection, "factor_offered", name);
          if (offered == null) {
            throw noFactor("None was begun: POST /v1/me/totp begins one.");
          }
          OptionalLong step = OneTimePasswords.step(offered, code, clock.instant(), 0);
          if (step.isEmpty()) {
            return Optional.<List<String>>empty();
          }
          Statements.update(
              connection,
              "UPDATE person SET factor = ?, factor_offered = NULL, factor_step = ? WHERE name = ?",
              offered,
              step.getAsLong(),
              name);
          return Optional.of(replaceRecoveryCodes(connection, name));
        });
    refresh();
    return codes;
  }

  private static Refusal noFactor(String why) {
    return new Refusal(409, "no-second-factor", "There is no second factor. " + why);
  }

  private static byte @Nullable [] bytes(Connection connection, String column, String name)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT " + column + " FROM person WHERE name = ?")) {
      Statements.set(select, name);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getBytes(1) : null;
      }
    }
  }

  private static List<String> replaceRecoveryCodes(Connection connection, String name)
      throws SQLException {
    Statements.update(connection, "DELETE FROM recovery_code WHERE name = ?", name);
    List<String> codes = OneTimePasswords.newRecoveryCodes();
    for (String code : codes) {
      Statements.update(
          connection,
          "INSERT INTO recovery_code (name, hash) VALUES (?, ?)",
          name,
          OneTimePasswords.recoveryHash(code));
    }
    return codes;
  }

  /**
   * Other recovery codes, in the place of those there are.
   *
   * @throws Refusal 409 no-second-factor
   */
  List<String> newRecoveryCodes(String name) {
    return database.transaction(connection -> {
      if (bytes(connection, "factor", name) == null) {
        throw noFactor("Recovery codes stand for one: begin by POST /v1/me/totp.");
      }
      return replaceRecoveryCodes(connection, name);
    });
  }

  /** Takes a second factor away, and the recovery codes with it. */
  void removeFactor(String name) {
    database.transaction(connection -> {
      forgetFactor(connection, name);
      return null;
    });
    refresh();
  }

  private static void forgetFactor(Connection connection, String name) throws SQLException {
    Statements.update(
        connection, "UPDATE person SET factor = NULL, factor_offered = NULL WHERE name = ?", name);
    Statements.update(connection, "DELETE FROM recovery_code WHERE name = ?", name);
  }

  /** Whether it is a code of the second factor that counts now; it does this once. */
  boolean useCode(String name, String code) {
    return database.transaction(connection -> {
      byte[] secret = bytes(connection, "factor", name);
      if (secret == null) {
        return false;
      }
      OptionalLong step =
          OneTimePasswords.step(secret, code, clock.instant(), lastStep(connection, name));
      if (step.isPresent()) {
        Statements.update(
            connection, "UPDATE person SET factor_step = ? WHERE name = ?", step.getAsLong(), name);
      }
      return step.isPresent();
    });
  }

  private static long lastStep(Connection connection, String name) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT factor_step FROM person WHERE name = ?")) {
      Statements.set(select, name);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /** Whether it is a recovery code of theirs; it counts this once. */
  boolean useRecoveryCode(String name, String code) {
    return database.transaction(connection ->
        Statements.update(
                connection,
                "DELETE FROM recovery_code WHERE name = ? AND hash = ?",
                name,
                OneTimePasswords.recoveryHash(code))
            > 0);
  }

  /** All people, by name. */
  public Collection<User> all() {
    return database.transaction(Users::read).values();
  }

  /**
   * A person as they stand.
   *
   * @throws Refusal 404 not-found
   */
  public User get(String name) {
    User user = database.transaction(Users::read).get(name);
    if (user == null) {
      throw none(name);
    }
    return user;
  }

  private static Refusal none(String name) {
    return new Refusal(404, "not-found", "There is no user '" + name + "'.");
  }

  private static void found(int rows, String name) {
    if (rows == 0) {
      throw none(name);
    }
  }

  private static Map<String, User> read(Connection connection) throws SQLException {
    Map<String, User> users = new TreeMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT name, display_name, roles, claims, tier, disabled, created,"
                    + " password IS NOT NULL, factor IS NOT NULL,"
                    + " (SELECT count(*) FROM recovery_code c WHERE c.name = person.name),"
                    + " set_up_ends, signed_in FROM person");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        users.put(
            row.getString(1),
            new User(
                row.getString(1),
                row.getString(2),
                ApiKeys.words(row.getString(3)),
                Claims.read(row.getString(4)),
                row.getString(5),
                row.getBoolean(6),
                Instant.ofEpochMilli(row.getLong(7)),
                row.getBoolean(8),
                row.getBoolean(9),
                row.getInt(10),
                ApiKeys.time(row, 11),
                ApiKeys.time(row, 12)));
      }
    }
    return users;
  }

  private void refresh() {
    database.transaction(connection -> {
      Map<String, String> stamps = new HashMap<>();
      try (PreparedStatement select =
              connection.prepareStatement("SELECT name, stamp FROM person");
          ResultSet row = select.executeQuery()) {
        while (row.next()) {
          stamps.put(row.getString(1), row.getString(2));
        }
      }
      Map<String, Known> now = new HashMap<>();
      for (User user : read(connection).values()) {
        String stamp = String.valueOf(stamps.get(user.name()));
        now.put(user.name(), new Known(stamp, user.disabled(), principal(user, stamp)));
      }
      known = Map.copyOf(now);
      return null;
    });
  }

  private Principal principal(User user, String stamp) {
    boolean held = !user.hasSecondFactor() && needSecondFactor.test(user.roles());
    return new Principal(
        new Subject(user.caller(), held ? new TreeSet<>() : user.roles(), user.claims()),
        user.caller() + "/" + stamp,
        user.tier(),
        null,
        null,
        () -> find(user.name(), stamp));
  }

  /** Whether they may do nothing before they have taken a second factor. */
  boolean lacksSecondFactor(User user) {
    return !user.hasSecondFactor() && needSecondFactor.test(user.roles());
  }

  /** Whom a stamp of somebody stands for; empty where it counts no more. */
  Optional<Principal> find(String name, String stamp) {
    Known found = known.get(name);
    return found == null || found.disabled() || !found.stamp().equals(stamp)
        ? Optional.empty()
        : Optional.of(found.principal());
  }

  /** Somebody as they are let in now; empty where they are not. */
  Optional<Principal> present(String name) {
    return Optional.ofNullable(known.get(name))
        .filter(found -> !found.disabled())
        .map(Known::principal);
  }
}
