package dev.unisono.server.oauth;

import dev.unisono.engine.access.Scope;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.Claims;
import dev.unisono.server.access.Secrets;
import dev.unisono.server.operation.Refusal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The programs that are given tokens. All are in memory; of their secrets there are hashes alone
 * (invariant 10). Safe for threads.
 */
final class Clients {
  /** What secrets begin with, so that they are told wherever they are found. */
  private static final String SECRET_PREFIX = "unics_";

  private static final int MOST = 10_000;
  private static final int ID_BYTES = 12;

  private final DoorsDatabase database;
  private final InstantSource clock;
  private volatile SortedMap<String, Client> known = Collections.emptySortedMap();

  Clients(DoorsDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS oauth_client (
          id TEXT PRIMARY KEY,
          name TEXT NOT NULL,
          confidential INTEGER NOT NULL,
          redirects TEXT NOT NULL,
          grants TEXT NOT NULL,
          scopes TEXT NOT NULL,
          roles TEXT NOT NULL,
          claims TEXT NOT NULL,
          tier TEXT NOT NULL,
          disabled INTEGER NOT NULL,
          generation INTEGER NOT NULL,
          created INTEGER NOT NULL) WITHOUT ROWID\
        """,
        """
        CREATE TABLE IF NOT EXISTS oauth_secret (
          hash BLOB PRIMARY KEY,
          client TEXT NOT NULL REFERENCES oauth_client (id),
          created INTEGER NOT NULL,
          ends INTEGER) WITHOUT ROWID\
        """);
    refresh();
  }

  /**
   * A client and its new secret, which is told this once.
   *
   * @param secret null where it is public
   */
  record Made(Client client, @Nullable String secret) {}

  /**
   * Makes a client.
   *
   * @throws Refusal 409 too-many-clients
   */
  Made create(Client.Settings settings) {
    // Nothing that would have to be escaped anywhere.
    String id = Secrets.next(ID_BYTES).replace('_', '0').replace('-', '1');
    String secret =
        database.transaction(connection -> {
          if (read(connection).size() >= MOST) {
            throw new Refusal(
                409,
                "too-many-clients",
                "There are " + MOST + " clients already. Delete those that nobody uses.");
          }
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO oauth_client (name, confidential, redirects, grants, scopes, roles,"
                      + " claims, tier, disabled, generation, created, id)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            set(insert, settings);
            insert.setInt(10, 0);
            insert.setLong(11, clock.millis());
            insert.setString(12, id);
            insert.executeUpdate();
          }
          return settings.confidential() ? addSecret(connection, id) : null;
        });
    refresh();
    return new Made(find(id).orElseThrow(), secret);
  }

  private static void set(PreparedStatement statement, Client.Settings settings)
      throws SQLException {
    statement.setString(1, settings.name());
    statement.setBoolean(2, settings.confidential());
    statement.setString(3, String.join(" ", new TreeSet<>(settings.redirects())));
    statement.setString(
        4,
        settings.grants().stream()
            .map(Client.Grant::word)
            .sorted()
            .collect(Collectors.joining(" ")));
    statement.setString(5, text(settings.scopes()));
    statement.setString(6, String.join(" ", settings.roles()));
    statement.setString(7, Claims.write(settings.claims()));
    statement.setString(8, settings.tier());
    statement.setBoolean(9, settings.disabled());
  }

  /** Scopes as OAuth writes them. */
  static String text(Set<Scope> scopes) {
    return scopes.stream().map(Scope::toString).sorted().collect(Collectors.joining(" "));
  }

  /**
   * Changes a client, from the next request on. Once it is disabled all that it was given has
   * ended, also where it is enabled again.
   *
   * @throws Refusal 404 not-found
   */
  Client change(String id, Client.Settings settings) {
    database.transaction(connection -> {
      try (PreparedStatement update =
          connection.prepareStatement(
              "UPDATE oauth_client SET name = ?, confidential = ?, redirects = ?, grants = ?,"
                  + " scopes = ?, roles = ?, claims = ?, tier = ?, disabled = ?,"
                  + " generation = generation + ? WHERE id = ?")) {
        set(update, settings);
        update.setInt(10, settings.disabled() ? 1 : 0);
        update.setString(11, id);
        found(update.executeUpdate(), id);
      }
      return null;
    });
    refresh();
    return get(id);
  }

  /**
   * Gives a client another secret; the newest of those before counts as long as the overlap, no
   * other does.
   *
   * @throws Refusal 404 not-found; 409 public-client
   */
  Made rotate(String id, Duration overlap) {
    String secret =
        database.transaction(connection -> {
          Client client = read(connection).get(id);
          found(client == null ? 0 : 1, id);
          if (client != null && !client.settings().confidential()) {
            throw new Refusal(
                409, "public-client", "A public client has no secret: it could not keep one.");
          }
          try (PreparedStatement delete =
              connection.prepareStatement(
                  "DELETE FROM oauth_secret WHERE client = ?1 AND hash NOT IN (SELECT hash FROM"
                      + " oauth_secret WHERE client = ?1 ORDER BY ends IS NOT NULL, created DESC"
                      + " LIMIT 1)")) {
            delete.setString(1, id);
            delete.executeUpdate();
          }
          try (PreparedStatement update =
              connection.prepareStatement("UPDATE oauth_secret SET ends = ? WHERE client = ?")) {
            update.setLong(1, clock.instant().plus(overlap).toEpochMilli());
            update.setString(2, id);
            update.executeUpdate();
          }
          return addSecret(connection, id);
        });
    refresh();
    return new Made(get(id), secret);
  }

  private String addSecret(Connection connection, String client) throws SQLException {
    String secret = SECRET_PREFIX + Secrets.next();
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO oauth_secret (hash, client, created) VALUES (?, ?, ?)")) {
      insert.setBytes(1, Secrets.sha256(secret));
      insert.setString(2, client);
      insert.setLong(3, clock.millis());
      insert.executeUpdate();
    }
    return secret;
  }

  /**
   * Takes a client away; all that it was given has ended then.
   *
   * @throws Refusal 404 not-found
   */
  void delete(String id) {
    database.transaction(connection -> {
      delete(connection, "DELETE FROM oauth_secret WHERE client = ?", id);
      found(delete(connection, "DELETE FROM oauth_client WHERE id = ?", id), id);
      return null;
    });
    refresh();
  }

  private static int delete(Connection connection, String sql, String id) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setString(1, id);
      return delete.executeUpdate();
    }
  }

  private static void found(int rows, String id) {
    if (rows == 0) {
      throw missing(id);
    }
  }

  private static Refusal missing(String id) {
    return new Refusal(404, "not-found", "There is no client '" + id + "'.");
  }

  /** All clients, by their ids. */
  Collection<Client> all() {
    return known.values();
  }

  Optional<Client> find(String id) {
    return Optional.ofNullable(known.get(id));
  }

  /**
   * A client as it stands.
   *
   * @throws Refusal 404 not-found
   */
  Client get(String id) {
    return find(id).orElseThrow(() -> missing(id));
  }

  /** A client that counts. */
  Optional<Client> enabled(String id) {
    return find(id).filter(client -> !client.settings().disabled());
  }

  /** Whether a secret is one of a client's that count. */
  boolean has(Client client, String secret) {
    byte[] hash = Secrets.sha256(secret);
    Instant now = clock.instant();
    boolean found = false;
    for (Client.Secret each : client.secrets()) {
      Instant ends = each.ends();
      found |=
          Secrets.same(HexFormat.of().parseHex(each.hash()), hash)
              && (ends == null || now.isBefore(ends));
    }
    return found;
  }

  private static SortedMap<String, Client> read(Connection connection) throws SQLException {
    Map<String, List<Client.Secret>> secrets = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT client, hash, created, ends FROM oauth_secret ORDER BY created DESC");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        long ends = row.getLong(4);
        Instant until = row.wasNull() ? null : Instant.ofEpochMilli(ends);
        secrets
            .computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
            .add(
                new Client.Secret(
                    HexFormat.of().formatHex(row.getBytes(2)),
                    Instant.ofEpochMilli(row.getLong(3)),
                    until));
      }
    }
    SortedMap<String, Client> clients = new TreeMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT id, name, confidential, redirects, grants, scopes, roles, claims, tier,"
                    + " disabled, generation, created FROM oauth_client");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        String id = row.getString(1);
        clients.put(
            id,
            new Client(
                id,
                settings(row),
                row.getInt(11),
                Instant.ofEpochMilli(row.getLong(12)),
                secrets.getOrDefault(id, List.of())));
      }
    }
    return clients;
  }

  private static Client.Settings settings(ResultSet row) throws SQLException {
    Set<Client.Grant> grants = EnumSet.noneOf(Client.Grant.class);
    List<String> words = words(row.getString(5));
    for (Client.Grant grant : Client.Grant.values()) {
      if (words.contains(grant.word())) {
        grants.add(grant);
      }
    }
    return new Client.Settings(
        row.getString(2),
        row.getBoolean(3),
        Set.copyOf(words(row.getString(4))),
        grants,
        scopes(row.getString(6)),
        new TreeSet<>(words(row.getString(7))),
        Claims.read(row.getString(8)),
        row.getString(9),
        row.getBoolean(10));
  }

  static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
  }

  /** Scopes as they are kept. */
  static Set<Scope> scopes(String text) {
    return words(text).stream()
        .flatMap(word -> Scope.parse(word).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  private void refresh() {
    // Within it, so that what was read before never takes the place of what was read after.
    database.transaction(connection -> {
      known = Collections.unmodifiableSortedMap(read(connection));
      return null;
    });
  }
}
