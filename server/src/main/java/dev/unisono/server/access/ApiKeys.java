package dev.unisono.server.access;

import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.Subject;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Refusal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The keys by which programs call. All are in memory, those of a token found by the part of it that
 * is no secret; the database has their hashes. Safe for threads.
 */
public final class ApiKeys {
  /** What all tokens of ours begin with, so that they are told wherever they are found. */
  static final String PREFIX = "uni_";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final int MOST = 10_000;
  private static final int ID_BYTES = 9;

  private final DoorsDatabase database;
  private final InstantSource clock;
  private final Map<String, Instant> used = new ConcurrentHashMap<>();
  private volatile Map<String, Known> known = Map.of();

  /** A secret that counts, and whom it stands for. */
  private static final class Known {
    private final byte[] hash;
    private final Principal principal;

    Known(byte[] hash, Principal principal) {
      this.hash = hash;
      this.principal = principal;
    }

    Principal principal() {
      return principal;
    }
  }

  ApiKeys(DoorsDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS api_key (
          name TEXT PRIMARY KEY,
          roles TEXT NOT NULL,
          scopes TEXT,
          claims TEXT NOT NULL,
          tier TEXT NOT NULL,
          created INTEGER NOT NULL,
          expires INTEGER) WITHOUT ROWID\
        """,
        """
        CREATE TABLE IF NOT EXISTS api_secret (
          id TEXT PRIMARY KEY,
          key TEXT NOT NULL REFERENCES api_key (name),
          hash BLOB NOT NULL,
          created INTEGER NOT NULL,
          ends INTEGER,
          used INTEGER) WITHOUT ROWID\
        """);
    refresh();
  }

  /**
   * What a key is to be.
   *
   * @param scopes null for all that its roles allow
   * @param expires null for never
   */
  public record Wanted(
      SortedSet<String> roles,
      @Nullable Set<Scope> scopes,
      Map<String, String> claims,
      String tier,
      @Nullable Instant expires) {}

  /**
   * Makes a key.
   *
   * @return its token, which is told this once
   * @throws Refusal 400 bad-name; 409 exists, too-many-keys
   */
  public String create(String name, Wanted wanted) {
    if (!NAME.matcher(name).matches()) {
      throw new Refusal(
          400,
          "bad-name",
          "A key's name has 1 to 100 letters, digits, dots, hyphens and underscores, a letter or a"
              + " digit first.",
          "name");
    }
    String token =
        database.transaction(connection -> {
          Map<String, ApiKey> all = read(connection);
          if (all.containsKey(name)) {
            throw new Refusal(409, "exists", "There is a key '" + name + "' already.", "name");
          }
          if (all.size() >= MOST) {
            throw new Refusal(409, "too-many-keys", "There are " + MOST + " keys already.");
          }
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO api_key (roles, scopes, claims, tier, expires, created, name)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            set(insert, wanted);
            insert.setLong(6, clock.millis());
            insert.setString(7, name);
            insert.executeUpdate();
          }
          return addSecret(connection, name);
        });
    refresh();
    return token;
  }

  /**
   * Changes what a key may do, from the next request on.
   *
   * @throws Refusal 404 not-found
   */
  public void change(String name, Wanted wanted) {
    database.transaction(connection -> {
      try (PreparedStatement update =
          connection.prepareStatement(
              "UPDATE api_key SET roles = ?, scopes = ?, claims = ?, tier = ?, expires = ?"
                  + " WHERE name = ?")) {
        set(update, wanted);
        update.setString(6, name);
        found(update.executeUpdate(), name);
      }
      return null;
    });
    refresh();
  }

  private static void set(PreparedStatement statement, Wanted wanted) throws SQLException {
    statement.setString(1, String.join(" ", wanted.roles()));
    Set<Scope> scopes = wanted.scopes();
    statement.setString(
        2,
        scopes == null
            ? null
            : scopes.stream().map(Scope::toString).sorted().collect(Collectors.joining(" ")));
    statement.setString(3, Claims.write(wanted.claims()));
    statement.setString(4, wanted.tier());
    setTime(statement, 5, wanted.expires());
  }

  private static void setTime(PreparedStatement statement, int at, @Nullable Instant time)
      throws SQLException {
    if (time == null) {
      statement.setNull(at, Types.INTEGER);
    } else {
      statement.setLong(at, time.toEpochMilli());
    }
  }

  /**
   * Gives a key another secret; those before count as long as the overlap.
   *
   * @return the new token, which is told this once
   * @throws Refusal 404 not-found
   */
  public String rotate(String name, Duration overlap) {
    String token =
        database.transaction(connection -> {
          found(read(connection).containsKey(name) ? 1 : 0, name);
          long ends = clock.instant().plus(overlap).toEpochMilli();
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE api_secret SET ends = min(coalesce(ends, ?1), ?1) WHERE key = ?2")) {
            update.setLong(1, ends);
            update.setString(2, name);
            update.executeUpdate();
          }
          return addSecret(connection, name);
        });
    refresh();
    return token;
  }

  /**
   * Takes a key away, with all of its secrets; from then on nobody is let in by it.
   *
   * @throws Refusal 404 not-found
   */
  public void revoke(String name) {
    database.transaction(connection -> {
      delete(connection, "DELETE FROM api_secret WHERE key = ?", name);
      found(delete(connection, "DELETE FROM api_key WHERE name = ?", name), name);
      return null;
    });
    refresh();
  }

  private static int delete(Connection connection, String sql, String name) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setString(1, name);
      return delete.executeUpdate();
    }
  }

  private static void found(int rows, String name) {
    if (rows == 0) {
      throw new Refusal(404, "not-found", "There is no key '" + name + "'.");
    }
  }

  private String addSecret(Connection connection, String key) throws SQLException {
    // No underscore, which stands between the parts of a token.
    String id = Secrets.next(ID_BYTES).replace('_', '0').replace('-', '1');
    String token = PREFIX + id + "_" + Secrets.next();
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO api_secret (id, key, hash, created) VALUES (?, ?, ?, ?)")) {
      insert.setString(1, id);
      insert.setString(2, key);
      insert.setBytes(3, Secrets.sha256(token));
      insert.setLong(4, clock.millis());
      insert.executeUpdate();
    }
    return token;
  }

  /** All keys, by name. */
  public Collection<ApiKey> all() {
    flush();
    return database.transaction(ApiKeys::read).values();
  }

  /**
   * A key as it stands.
   *
   * @throws Refusal 404 not-found
   */
  public ApiKey get(String name) {
    return all().stream()
        .filter(key -> key.name().equals(name))
        .findAny()
        .orElseThrow(() -> new Refusal(404, "not-found", "There is no key '" + name + "'."));
  }

  private static Map<String, ApiKey> read(Connection connection) throws SQLException {
    Map<String, List<ApiKey.Secret>> secrets = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT key, id, created, ends, used FROM api_secret ORDER BY created DESC, id");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        secrets
            .computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
            .add(
                new ApiKey.Secret(
                    row.getString(2),
                    Instant.ofEpochMilli(row.getLong(3)),
                    time(row, 4),
                    time(row, 5)));
      }
    }
    Map<String, ApiKey> keys = new TreeMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT name, roles, scopes, claims, tier, created, expires FROM api_key");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        String name = row.getString(1);
        String scopes = row.getString(3);
        keys.put(
            name,
            new ApiKey(
                name,
                words(row.getString(2)),
                scopes == null
                    ? null
                    : words(scopes).stream()
                        .flatMap(text -> Scope.parse(text).stream())
                        .collect(Collectors.toUnmodifiableSet()),
                Claims.read(row.getString(4)),
                row.getString(5),
                Instant.ofEpochMilli(row.getLong(6)),
                time(row, 7),
                secrets.getOrDefault(name, List.of())));
      }
    }
    return keys;
  }

  static SortedSet<String> words(String text) {
    SortedSet<String> words = new TreeSet<>(List.of(text.split(" ", -1)));
    words.remove("");
    return words;
  }

  static @Nullable Instant time(ResultSet row, int at) throws SQLException {
    long millis = row.getLong(at);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  private void refresh() {
    database.transaction(connection -> {
      Map<String, ApiKey> keys = read(connection);
      Map<String, Known> now = new HashMap<>();
      try (PreparedStatement select =
              connection.prepareStatement("SELECT id, key, hash, ends FROM api_secret");
          ResultSet row = select.executeQuery()) {
        while (row.next()) {
          String id = row.getString(1);
          ApiKey key = keys.get(row.getString(2));
          if (key != null) {
            now.put(id, new Known(row.getBytes(3), principal(key, id, time(row, 4))));
          }
        }
      }
      known = Map.copyOf(now);
      return null;
    });
  }

  private Principal principal(ApiKey key, String id, @Nullable Instant secretEnds) {
    Instant ends = key.expires();
    if (ends == null || (secretEnds != null && secretEnds.isBefore(ends))) {
      ends = secretEnds;
    }
    return new Principal(
        new Subject(key.caller(), key.roles(), key.claims()),
        key.caller() + "/" + id,
        key.tier(),
        key.scopes(),
        ends,
        () -> Optional.ofNullable(known.get(id)).map(Known::principal));
  }

  /** Whom a token stands for; empty where it is none of ours. */
  Optional<Principal> find(String token, byte[] hash) {
    int end = token.indexOf('_', PREFIX.length());
    Known found =
        token.startsWith(PREFIX) && end > 0
            ? known.get(token.substring(PREFIX.length(), end))
            : null;
    if (found == null || !Secrets.same(found.hash, hash)) {
      return Optional.empty();
    }
    used.put(token.substring(PREFIX.length(), end), clock.instant());
    return Optional.of(found.principal());
  }

  /** Whom a key's secret stands for, by the secret's id; empty where there is none. */
  Optional<Principal> named(String id) {
    return Optional.ofNullable(known.get(id)).map(Known::principal);
  }

  /** Writes down when keys were used last. */
  void flush() {
    Map<String, Instant> now = Map.copyOf(used);
    if (now.isEmpty()) {
      return;
    }
    database.transaction(connection -> {
      try (PreparedStatement update =
          connection.prepareStatement("UPDATE api_secret SET used = ? WHERE id = ?")) {
        for (Map.Entry<String, Instant> each : now.entrySet()) {
          update.setLong(1, each.getValue().toEpochMilli());
          update.setString(2, each.getKey());
          update.executeUpdate();
        }
      }
      return null;
    });
    now.forEach(used::remove);
  }
}
