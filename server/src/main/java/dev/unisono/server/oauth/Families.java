package dev.unisono.server.oauth;

import com.nimbusds.oauth2.sdk.pkce.CodeChallenge;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.Secrets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What people have consented to, and what was given out for it: codes and refresh tokens, each good
 * for one use. A second use tells that somebody else has it, and ends the whole family (RFC 9700,
 * section 4.14). Families that count, and tokens that were taken back, are in memory, too, so that
 * a token is checked without the database. Safe for threads.
 */
final class Families {
  static final Duration CODE_LIFETIME = Duration.ofSeconds(60);
  static final Duration REFRESH_LIFETIME = Duration.ofDays(30);

  /** How long a code that was used is remembered, so that another use is told. */
  private static final Duration CODE_MEMORY = Duration.ofDays(1);

  private static final int MOST = 100_000;

  private final DoorsDatabase database;
  private final InstantSource clock;
  private final Map<String, Family> families = new ConcurrentHashMap<>();
  private final Map<String, Instant> revoked = new ConcurrentHashMap<>();

  Families(DoorsDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS oauth_family (
          id TEXT PRIMARY KEY,
          client TEXT NOT NULL,
          person TEXT NOT NULL,
          credential TEXT NOT NULL,
          scopes TEXT NOT NULL,
          ends INTEGER NOT NULL) WITHOUT ROWID\
        """,
        """
        CREATE TABLE IF NOT EXISTS oauth_code (
          hash BLOB PRIMARY KEY,
          client TEXT NOT NULL,
          redirect TEXT NOT NULL,
          challenge TEXT NOT NULL,
          person TEXT NOT NULL,
          credential TEXT NOT NULL,
          scopes TEXT NOT NULL,
          ends INTEGER NOT NULL,
          used INTEGER NOT NULL,
          family TEXT) WITHOUT ROWID\
        """,
        """
        CREATE TABLE IF NOT EXISTS oauth_refresh (
          hash BLOB PRIMARY KEY,
          family TEXT NOT NULL,
          used INTEGER NOT NULL,
          ends INTEGER NOT NULL) WITHOUT ROWID\
        """,
        "CREATE INDEX IF NOT EXISTS oauth_refresh_family ON oauth_refresh (family)",
        """
        CREATE TABLE IF NOT EXISTS oauth_revoked (
          id TEXT PRIMARY KEY,
          ends INTEGER NOT NULL) WITHOUT ROWID\
        """);
    load();
  }

  private void load() {
    database.transaction(connection -> {
      try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT id, client, person, credential, scopes, ends FROM oauth_family");
          ResultSet row = select.executeQuery()) {
        while (row.next()) {
          families.put(row.getString(1), family(row, row.getString(1)));
        }
      }
      try (PreparedStatement select =
              connection.prepareStatement("SELECT id, ends FROM oauth_revoked");
          ResultSet row = select.executeQuery()) {
        while (row.next()) {
          revoked.put(row.getString(1), Instant.ofEpochMilli(row.getLong(2)));
        }
      }
      return null;
    });
  }

  private static Family family(ResultSet row, String id) throws SQLException {
    return new Family(
        id,
        row.getString("client"),
        row.getString("person"),
        row.getString("credential"),
        Clients.scopes(row.getString("scopes")),
        Instant.ofEpochMilli(row.getLong("ends")));
  }

  /**
   * What somebody has consented to.
   *
   * @param redirect where the code goes
   * @param challenge of PKCE, by S256
   */
  record Consent(
      String client,
      String redirect,
      String challenge,
      String person,
      String credential,
      Set<Scope> scopes) {}

  /** A code that is good for one use within a minute. */
  String code(Consent consent) {
    String code = Secrets.next();
    database.transaction(connection -> {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO oauth_code (hash, client, redirect, challenge, person, credential,"
                  + " scopes, ends, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)")) {
        insert.setBytes(1, Secrets.sha256(code));
        insert.setString(2, consent.client());
        insert.setString(3, consent.redirect());
        insert.setString(4, consent.challenge());
        insert.setString(5, consent.person());
        insert.setString(6, consent.credential());
        insert.setString(7, Clients.text(consent.scopes()));
        insert.setLong(8, clock.instant().plus(CODE_LIFETIME).toEpochMilli());
        insert.executeUpdate();
      }
      return null;
    });
    return code;
  }

  /** What comes of showing a code or a refresh token. */
  sealed interface Outcome {
    /**
     * It was good.
     *
     * @param refresh the token by which to go on; null where the client may not
     */
    record Given(Family family, @Nullable String refresh) implements Outcome {}

    /** It was not; what it had given before goes on. */
    record Denied(String why) implements Outcome {}

    /** It was used before: all that came of it has ended. */
    record Reused(@Nullable Family family) implements Outcome {}
  }

  /**
   * Takes a code.
   *
   * @param lasts whether whoever has consented still counts
   * @param tokenLifetime of the token that it is taken for
   */
  Outcome redeem(
      String code,
      Client client,
      @Nullable String redirect,
      @Nullable CodeVerifier verifier,
      Predicate<Family> lasts,
      Duration tokenLifetime) {
    return database.transaction(connection -> {
      byte[] hash = Secrets.sha256(code);
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT client, redirect, challenge, person, credential, scopes, ends, used, family"
                  + " FROM oauth_code WHERE hash = ?")) {
        select.setBytes(1, hash);
        try (ResultSet row = select.executeQuery()) {
          if (!row.next() || !row.getString("client").equals(client.id())) {
            return new Outcome.Denied("There is no such code of this client.");
          }
          if (row.getBoolean("used")) {
            return reused(connection, row.getString("family"));
          }
          Family family = begun(client, row, tokenLifetime);
          String why = unfit(row, redirect, verifier);
          if (why == null && !lasts.test(family)) {
            why = "Whoever has consented counts no more.";
          } else if (why == null && families.size() >= MOST) {
            why = "There are too many consents that count.";
          }
          used(connection, hash, why == null ? family.id() : null);
          return why == null ? given(connection, client, family) : new Outcome.Denied(why);
        }
      }
    });
  }

  /** In memory within the transaction: whoever comes next sees both, or neither. */
  private Outcome given(Connection connection, Client client, Family family) throws SQLException {
    insert(connection, family);
    String refresh = refresh(connection, client, family);
    families.put(family.id(), family);
    return new Outcome.Given(family, refresh);
  }

  private @Nullable String unfit(
      ResultSet row, @Nullable String redirect, @Nullable CodeVerifier verifier)
      throws SQLException {
    if (clock.millis() >= row.getLong("ends")) {
      return "The code is too old.";
    }
    if (!row.getString("redirect").equals(redirect)) {
      return "redirect_uri is another than the code was asked for with.";
    }
    if (verifier == null
        || !CodeChallenge.compute(CodeChallengeMethod.S256, verifier)
            .getValue()
            .equals(row.getString("challenge"))) {
      return "code_verifier is not what the challenge was made of.";
    }
    return null;
  }

  private Family begun(Client client, ResultSet row, Duration tokenLifetime) throws SQLException {
    Instant ends = end(client.may(Client.Grant.REFRESH_TOKEN) ? REFRESH_LIFETIME : tokenLifetime);
    return new Family(
        Secrets.next(12),
        client.id(),
        row.getString("person"),
        row.getString("credential"),
        Clients.scopes(row.getString("scopes")),
        ends);
  }

  private static void used(Connection connection, byte[] hash, @Nullable String family)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE oauth_code SET used = 1, family = ? WHERE hash = ?")) {
      update.setString(1, family);
      update.setBytes(2, hash);
      update.executeUpdate();
    }
  }

  private static void insert(Connection connection, Family family) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT OR REPLACE INTO oauth_family (id, client, person, credential, scopes, ends)"
                + " VALUES (?, ?, ?, ?, ?, ?)")) {
      insert.setString(1, family.id());
      insert.setString(2, family.client());
      insert.setString(3, family.person());
      insert.setString(4, family.credential());
      insert.setString(5, Clients.text(family.scopes()));
      insert.setLong(6, family.ends().toEpochMilli());
      insert.executeUpdate();
    }
  }

  private @Nullable String refresh(Connection connection, Client client, Family family)
      throws SQLException {
    if (!client.may(Client.Grant.REFRESH_TOKEN)) {
      return null;
    }
    String token = Secrets.next();
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO oauth_refresh (hash, family, used, ends) VALUES (?, ?, 0, ?)")) {
      insert.setBytes(1, Secrets.sha256(token));
      insert.setString(2, family.id());
      insert.setLong(3, clock.instant().plus(REFRESH_LIFETIME).toEpochMilli());
      insert.executeUpdate();
    }
    return token;
  }

  private Outcome reused(Connection connection, @Nullable String family) throws SQLException {
    Family ended = family == null ? null : families.get(family);
    if (family != null) {
      end(connection, family);
    }
    return new Outcome.Reused(ended);
  }

  private void end(Connection connection, String family) throws SQLException {
    for (String sql :
        new String[] {
          "DELETE FROM oauth_refresh WHERE family = ?", "DELETE FROM oauth_family WHERE id = ?"
        }) {
      try (PreparedStatement delete = connection.prepareStatement(sql)) {
        delete.setString(1, family);
        delete.executeUpdate();
      }
    }
    families.remove(family);
  }

  /**
   * Takes a refresh token, and gives the next.
   *
   * @param lasts whether whoever has consented still counts
   */
  Outcome renew(String token, Client client, Predicate<Family> lasts) {
    return database.transaction(connection -> {
      byte[] hash = Secrets.sha256(token);
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT family, used, ends FROM oauth_refresh WHERE hash = ?")) {
        select.setBytes(1, hash);
        try (ResultSet row = select.executeQuery()) {
          Family family = row.next() ? families.get(row.getString(1)) : null;
          if (family == null || !family.client().equals(client.id())) {
            return new Outcome.Denied("There is no such refresh token of this client.");
          }
          if (row.getBoolean(2)) {
            return reused(connection, family.id());
          }
          if (clock.millis() >= row.getLong(3)) {
            return new Outcome.Denied("The refresh token is too old.");
          }
          if (!lasts.test(family)) {
            return new Outcome.Denied("Whoever has consented counts no more.");
          }
          used(connection, hash);
          return given(connection, client, family.until(end(REFRESH_LIFETIME)));
        }
      }
    });
  }

  private Instant end(Duration lifetime) {
    return clock.instant().plus(lifetime).plus(OwnTokens.LEEWAY);
  }

  private static void used(Connection connection, byte[] hash) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE oauth_refresh SET used = 1 WHERE hash = ?")) {
      update.setBytes(1, hash);
      update.executeUpdate();
    }
  }

  /** A refresh token as it stands; empty where it is none of a family that counts. */
  Optional<Refreshable> refreshable(String token) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT family, used, ends FROM oauth_refresh WHERE hash = ?")) {
        select.setBytes(1, Secrets.sha256(token));
        try (ResultSet row = select.executeQuery()) {
          Family family = row.next() ? families.get(row.getString(1)) : null;
          return family == null
              ? Optional.empty()
              : Optional.of(
                  new Refreshable(
                      family,
                      !row.getBoolean(2) && clock.millis() < row.getLong(3),
                      Instant.ofEpochMilli(row.getLong(3))));
        }
      }
    });
  }

  /**
   * A refresh token.
   *
   * @param counts whether it was not used and is not too old
   */
  record Refreshable(Family family, boolean counts, Instant ends) {}

  /** A family that counts. */
  Optional<Family> find(String id) {
    return Optional.ofNullable(families.get(id))
        .filter(family -> clock.instant().isBefore(family.ends()));
  }

  /** Ends all tokens of one consent. */
  void end(String family) {
    database.transaction(connection -> {
      end(connection, family);
      return null;
    });
  }

  /** Ends all tokens of one client that came of consents. */
  void endAll(String client) {
    for (Family family : families.values()) {
      if (family.client().equals(client)) {
        end(family.id());
      }
    }
  }

  /**
   * Takes one token back.
   *
   * @param ends from when on nobody would take it anyway
   */
  void revoke(String token, Instant ends) {
    database.transaction(connection -> {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO oauth_revoked (id, ends) VALUES (?, ?)")) {
        insert.setString(1, token);
        insert.setLong(2, ends.toEpochMilli());
        insert.executeUpdate();
      }
      revoked.put(token, ends);
      return null;
    });
  }

  boolean revoked(String token) {
    return revoked.containsKey(token);
  }

  /** Lets go of what has ended by itself. */
  void prune() {
    Instant now = clock.instant();
    database.transaction(connection -> {
      delete(connection, "DELETE FROM oauth_code WHERE ends < ?", now.minus(CODE_MEMORY));
      delete(connection, "DELETE FROM oauth_refresh WHERE ends < ?", now);
      delete(connection, "DELETE FROM oauth_family WHERE ends < ?", now);
      delete(connection, "DELETE FROM oauth_revoked WHERE ends < ?", now);
      return null;
    });
    families.values().removeIf(family -> family.ends().isBefore(now));
    revoked.values().removeIf(ends -> ends.isBefore(now));
  }

  private static void delete(Connection connection, String sql, Instant before)
      throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setLong(1, before.toEpochMilli());
      delete.executeUpdate();
    }
  }
}
