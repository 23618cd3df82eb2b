package dev.unisono.server.access;

import dev.unisono.engine.state.DoorsDatabase;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * How often somebody may try to sign in. An attempt is counted as a failure before anything is
 * looked at, and taken back when it was none: so many at once are no more than many one after the
 * other. Whoever has failed often waits, longer each time, and never for good. Strangers cannot
 * keep somebody out of where that person has signed in from before: such an address is counted by
 * itself. Kept durably; safe for threads.
 */
final class SignInThrottle {
  /** Failures of a name that cost nothing. */
  static final int FREE_OF_NAME = 5;

  /** Failures of an address that cost nothing: many people may share one. */
  static final int FREE_OF_ADDRESS = 20;

  static final Duration FIRST_WAIT = Duration.ofSeconds(30);
  static final Duration LONGEST_WAIT = Duration.ofMinutes(15);

  /** After so long without a failure all is forgotten. */
  static final Duration FORGOTTEN = Duration.ofHours(24);

  /** For so long an address is known to be somebody's. */
  static final Duration KNOWN = Duration.ofDays(30);

  private static final int MOST_ROWS = 20_000;
  private static final String NAME = "name ";
  private static final String PAIR = "pair ";
  private static final String ADDRESS = "address ";

  private final DoorsDatabase database;
  private final InstantSource clock;

  SignInThrottle(DoorsDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS sign_in_failure (
          subject TEXT PRIMARY KEY,
          count INTEGER NOT NULL,
          last INTEGER NOT NULL,
          until INTEGER NOT NULL) WITHOUT ROWID\
        """,
        "CREATE INDEX IF NOT EXISTS sign_in_failure_last ON sign_in_failure (last)",
        """
        CREATE TABLE IF NOT EXISTS known_address (
          name TEXT NOT NULL,
          address TEXT NOT NULL,
          seen INTEGER NOT NULL,
          PRIMARY KEY (name, address)) WITHOUT ROWID\
        """);
  }

  /**
   * One of what an attempt is counted under.
   *
   * @param count failures, with this one
   * @param until when the next may be made; in milliseconds, 0 for at once
   */
  record Counted(String subject, int count, long until) {
    boolean ofAddress() {
      return subject.startsWith(ADDRESS);
    }
  }

  /**
   * An attempt that may be made, or must wait.
   *
   * @param network what of the address is counted
   * @param pause how long to wait; zero where it may be made, and is counted as a failure by now
   */
  record Attempt(
      String name, String address, String network, Duration pause, List<Counted> counted) {
    Attempt {
      counted = List.copyOf(counted);
    }

    /** What has to wait from now on, should this one fail. */
    List<Counted> locks() {
      return counted.stream().filter(each -> each.until() > 0).toList();
    }
  }

  /** Begins an attempt. */
  Attempt begin(String name, String address) {
    String from = network(address);
    return database.transaction(connection -> {
      long now = clock.millis();
      List<String> subjects =
          List.of(
              known(connection, name, from, now) ? PAIR + name + " " + from : NAME + name,
              ADDRESS + from);
      long until = 0;
      List<Integer> counts = new ArrayList<>();
      for (String subject : subjects) {
        Counted before = read(connection, subject, now);
        until = Math.max(until, before.until());
        counts.add(before.count());
      }
      if (until > now) {
        return new Attempt(name, address, from, Duration.ofMillis(until - now), List.of());
      }
      List<Counted> counted = new ArrayList<>();
      for (int i = 0; i < subjects.size(); i++) {
        counted.add(count(connection, subjects.get(i), counts.get(i) + 1, now));
      }
      Statements.update(
          connection,
          "DELETE FROM sign_in_failure WHERE last <= max(?, coalesce((SELECT last FROM"
              + " sign_in_failure ORDER BY last DESC LIMIT 1 OFFSET ?), 0))",
          now - FORGOTTEN.toMillis(),
          MOST_ROWS);
      return new Attempt(name, address, from, Duration.ZERO, counted);
    });
  }

  /** Who has one address of IPv6 has 2^64 of them. */
  private static String network(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    try {
      byte[] bytes = InetAddress.getByName(address).getAddress();
      return HexFormat.of().formatHex(bytes, 0, Math.min(8, bytes.length)) + "::/64";
    } catch (UnknownHostException notOne) {
      return address;
    }
  }

  private static boolean known(Connection connection, String name, String address, long now)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM known_address WHERE name = ? AND address = ? AND seen > ?")) {
      Statements.set(select, name, address, now - KNOWN.toMillis());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  private static Counted read(Connection connection, String subject, long now) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count, until FROM sign_in_failure WHERE subject = ? AND last > ?")) {
      Statements.set(select, subject, now - FORGOTTEN.toMillis());
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? new Counted(subject, row.getInt(1), row.getLong(2))
            : new Counted(subject, 0, 0);
      }
    }
  }

  private static Counted count(Connection connection, String subject, int count, long now)
      throws SQLException {
    int free = subject.startsWith(ADDRESS) ? FREE_OF_ADDRESS : FREE_OF_NAME;
    long until = count < free ? 0 : now + wait(count - free).toMillis();
    Statements.update(
        connection,
        "INSERT OR REPLACE INTO sign_in_failure (subject, count, last, until) VALUES (?, ?, ?, ?)",
        subject,
        count,
        now,
        until);
    return new Counted(subject, count, until);
  }

  /** How long one waits after so many failures beyond those that are free. */
  static Duration wait(int beyond) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(beyond, 10));
    return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  /** The attempt was none that failed, nor one that has succeeded: as if it was not made. */
  void takeBack(Attempt attempt) {
    database.transaction(connection -> {
      takeBack(connection, attempt.counted());
      return null;
    });
  }

  private static void takeBack(Connection connection, List<Counted> counted) throws SQLException {
    for (Counted each : counted) {
      // What another attempt has brought about meanwhile stays.
      Statements.update(
          connection,
          "UPDATE sign_in_failure SET count = max(0, count - 1),"
              + " until = CASE WHEN until = ?1 THEN 0 ELSE until END WHERE subject = ?2",
          each.until(),
          each.subject());
    }
  }

  /**
   * The attempt has succeeded: failures of the name are forgotten, and the address is known. Those
   * of the address are not: else whoever has an account could try all others.
   */
  void succeeded(Attempt attempt) {
    database.transaction(connection -> {
      long now = clock.millis();
      takeBack(connection, attempt.counted().stream().filter(Counted::ofAddress).toList());
      for (String subject :
          List.of(NAME + attempt.name(), PAIR + attempt.name() + " " + attempt.network())) {
        Statements.update(connection, "DELETE FROM sign_in_failure WHERE subject = ?", subject);
      }
      Statements.update(
          connection,
          "INSERT OR REPLACE INTO known_address (name, address, seen) VALUES (?, ?, ?)",
          attempt.name(),
          attempt.network(),
          now);
      Statements.update(
          connection, "DELETE FROM known_address WHERE seen <= ?", now - KNOWN.toMillis());
      return null;
    });
  }

  /** Forgets all of a name, such as when an administrator has reset it. */
  void forget(String name) {
    database.transaction(connection -> {
      Statements.update(connection, "DELETE FROM sign_in_failure WHERE subject = ?", NAME + name);
      Statements.update(connection, "DELETE FROM known_address WHERE name = ?", name);
      return null;
    });
  }

  /** The names that have to wait now. */
  List<String> locked() {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT substr(subject, ?) FROM sign_in_failure WHERE subject GLOB 'name *'"
                  + " AND until > ?")) {
        Statements.set(select, NAME.length() + 1, clock.millis());
        List<String> names = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            names.add(row.getString(1));
          }
        }
        return names;
      }
    });
  }
}
