package dev.unisono.server.access;

import dev.unisono.engine.state.DoorsDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Browsers that were signed in, and links that sign one in. What was given out is kept as a hash
 * alone (invariant 10), in the database, so that a restart ends nothing; sessions are in memory as
 * well. Each stands for its origin, and ends with that. Safe for threads.
 */
public final class Sessions {
  /** From sign-in on, whatever is done. */
  public static final Duration LIFETIME = Duration.ofHours(12);

  /** Without a request. */
  static final Duration IDLE = Duration.ofMinutes(60);

  static final Duration LINK_LIFETIME = Duration.ofHours(24);

  private static final int MOST_LINKS = 1_000;
  private static final int MOST_SESSIONS = 10_000;
  private static final int ID_BYTES = 9;

  private final DoorsDatabase database;
  private final InstantSource clock;
  private final Function<String, Optional<Principal>> origins;

  /** By hashes. */
  private final Map<String, Open> sessions = new ConcurrentHashMap<>();

  /** One that goes on. */
  private final class Open {
    private final Session begun;
    private final String hash;
    private final String origin;
    private volatile Instant seen;
    private volatile Instant written;
    private volatile @Nullable Made made;

    private record Made(Principal from, Principal principal) {}

    Open(Session begun, String hash, String origin) {
      this.begun = begun;
      this.hash = hash;
      this.origin = origin;
      this.seen = begun.seen();
      this.written = begun.seen();
    }

    boolean over(Instant now) {
      return !now.isBefore(begun.ends()) || !now.isBefore(seen.plus(IDLE));
    }

    /** The same object as long as its origin is. */
    @SuppressWarnings("ReferenceEquality") // one that is equal is made anew, at no great cost
    Optional<Principal> principal() {
      return origins
          .apply(origin)
          .map(now -> {
            Made known = made;
            if (known == null || known.from() != now) {
              known = new Made(now, now.until(begun.ends(), () -> standing(hash)));
              made = known;
            }
            return known.principal();
          });
    }

    Session shown() {
      return new Session(
          begun.id(), begun.caller(), begun.created(), begun.ends(), seen, begun.address());
    }
  }

  /**
   * Reads those that go on.
   *
   * @param origins whom an origin stands for now; empty where it counts no more
   */
  Sessions(
      DoorsDatabase database, InstantSource clock, Function<String, Optional<Principal>> origins) {
    this.database = database;
    this.clock = clock;
    this.origins = origins;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS session (
          hash TEXT PRIMARY KEY,
          id TEXT NOT NULL,
          origin TEXT NOT NULL,
          caller TEXT NOT NULL,
          created INTEGER NOT NULL,
          ends INTEGER NOT NULL,
          seen INTEGER NOT NULL,
          address TEXT) WITHOUT ROWID\
        """,
        """
        CREATE TABLE IF NOT EXISTS sign_in_link (
          hash TEXT PRIMARY KEY,
          origin TEXT NOT NULL,
          ends INTEGER NOT NULL) WITHOUT ROWID\
        """);
    database.transaction(connection -> {
      read(connection);
      return null;
    });
  }

  private void read(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT hash, id, origin, caller, created, ends, seen, address FROM session");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        Session begun =
            new Session(
                row.getString(2),
                row.getString(4),
                Instant.ofEpochMilli(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(6)),
                Instant.ofEpochMilli(row.getLong(7)),
                row.getString(8));
        sessions.put(row.getString(1), new Open(begun, row.getString(1), row.getString(3)));
      }
    }
  }

  /** A code that signs one browser in, once, as whom an origin stands for. */
  String newLink(String origin) {
    String code = Secrets.next();
    long now = clock.millis();
    database.transaction(connection -> {
      Statements.update(connection, "DELETE FROM sign_in_link WHERE ends <= ?", now);
      Statements.update(
          connection,
          "DELETE FROM sign_in_link WHERE hash IN (SELECT hash FROM sign_in_link ORDER BY ends DESC"
              + " LIMIT -1 OFFSET ?)",
          MOST_LINKS - 1);
      Statements.update(
          connection,
          "INSERT INTO sign_in_link (hash, origin, ends) VALUES (?, ?, ?)",
          Secrets.hash(code),
          origin,
          now + LINK_LIFETIME.toMillis());
      return null;
    });
    return code;
  }

  /** The origin that a code was made for; empty where it was used, is too old or none of ours. */
  Optional<String> takeLink(String code) {
    String hash = Secrets.hash(code);
    return database.transaction(connection -> {
      Optional<String> origin = Optional.empty();
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT origin FROM sign_in_link WHERE hash = ? AND ends > ?")) {
        Statements.set(select, hash, clock.millis());
        try (ResultSet row = select.executeQuery()) {
          if (row.next()) {
            origin = Optional.of(row.getString(1));
          }
        }
      }
      Statements.update(connection, "DELETE FROM sign_in_link WHERE hash = ?", hash);
      return origin;
    });
  }

  /** Begins a session; gives what the browser is to show, which is told this once. */
  String begin(String origin, String caller, @Nullable String address) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    String shown = Secrets.next();
    String hash = Secrets.hash(shown);
    Session begun =
        new Session(Secrets.next(ID_BYTES), caller, now, now.plus(LIFETIME), now, address);
    forgetEnded();
    if (sessions.size() >= MOST_SESSIONS) {
      sessions.values().stream()
          .min(Comparator.comparing(open -> open.seen))
          .ifPresent(oldest -> endAll(open -> open == oldest));
    }
    database.transaction(connection -> {
      Statements.update(
          connection,
          "INSERT INTO session (hash, id, origin, caller, created, ends, seen, address)"
              + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          hash,
          begun.id(),
          origin,
          caller,
          now.toEpochMilli(),
          begun.ends().toEpochMilli(),
          now.toEpochMilli(),
          address);
      return null;
    });
    sessions.put(hash, new Open(begun, hash, origin));
    return shown;
  }

  /** Whom a browser stands for that shows this, which keeps its session from idling. */
  Optional<Principal> find(String shown) {
    Open open = sessions.get(Secrets.hash(shown));
    Instant now = clock.instant();
    if (open == null || open.over(now)) {
      return Optional.empty();
    }
    open.seen = now;
    return open.principal();
  }

  private Optional<Principal> standing(String hash) {
    Open open = sessions.get(hash);
    return open == null || open.over(clock.instant()) ? Optional.empty() : open.principal();
  }

  /** What a page has to send along with what changes anything; tells nothing of the session. */
  static String csrfToken(String shown) {
    return Secrets.hash("csrf " + shown);
  }

  /** Ends the session of a browser that shows this; tells whose it was. */
  Optional<Session> end(String shown) {
    String hash = Secrets.hash(shown);
    return endAll(open -> open.hash.equals(hash)).stream().findAny();
  }

  /** Ends one by its id; empty where there is none. */
  Optional<Session> endOne(String id) {
    return endAll(open -> open.begun.id().equals(id)).stream().findAny();
  }

  /** Ends all that a caller has, by whatever they were signed in. */
  List<Session> endOf(String caller) {
    return endAll(open -> open.begun.caller().equals(caller));
  }

  private List<Session> endAll(Predicate<Open> which) {
    List<Open> ended = sessions.values().stream().filter(which).toList();
    if (ended.isEmpty()) {
      return List.of();
    }
    // First in memory: from now on nobody is let in by them, whatever becomes of the disk.
    ended.forEach(open -> sessions.remove(open.hash));
    database.transaction(connection -> {
      for (Open open : ended) {
        Statements.update(connection, "DELETE FROM session WHERE hash = ?", open.hash);
      }
      return null;
    });
    return ended.stream().map(Open::shown).toList();
  }

  /** Those that go on, the newest first. */
  List<Session> all() {
    Instant now = clock.instant();
    return sessions.values().stream()
        .filter(open -> !open.over(now) && open.principal().isPresent())
        .map(Open::shown)
        .sorted(Comparator.comparing(Session::created).thenComparing(Session::id).reversed())
        .toList();
  }

  private void forgetEnded() {
    Instant now = clock.instant();
    var _ = endAll(open -> open.over(now) || open.principal().isEmpty());
  }

  /** Forgets what has ended, and writes down when the others were used last. */
  void upkeep() {
    forgetEnded();
    List<Open> used = new ArrayList<>();
    for (Open open : sessions.values()) {
      if (!open.seen.equals(open.written)) {
        used.add(open);
      }
    }
    if (used.isEmpty()) {
      return;
    }
    database.transaction(connection -> {
      for (Open open : used) {
        Instant seen = open.seen;
        Statements.update(
            connection,
            "UPDATE session SET seen = ? WHERE hash = ?",
            seen.toEpochMilli(),
            open.hash);
        open.written = seen;
      }
      return null;
    });
  }
}
