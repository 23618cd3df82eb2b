package dev.unisono.server.feed;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The positions of consumers that ask for them to be kept: each by the caller and a name that the
 * caller gives it. A position is that of the last event that was acknowledged. Safe for threads.
 */
public final class Consumers {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final int MOST = 10_000;

  private final DoorsDatabase database;
  private final InstantSource clock;

  public Consumers(DoorsDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS consumer (
          caller TEXT NOT NULL,
          name TEXT NOT NULL,
          cursor TEXT NOT NULL,
          changed INTEGER NOT NULL,
          PRIMARY KEY (caller, name)) WITHOUT ROWID\
        """);
  }

  /**
   * A consumer as it stands.
   *
   * @param changed when its position was set last
   */
  public record Consumer(String name, Cursor position, Instant changed) {}

  /**
   * Looks whether a name will do.
   *
   * @throws Refusal 400 bad-consumer
   */
  static String name(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new Refusal(
          400,
          "bad-consumer",
          "A consumer's name has 1 to 100 letters, digits, dots, hyphens and underscores, a letter or a"
              + " digit first.",
          "consumer");
    }
    return name;
  }

  /** Where a consumer goes on; empty where nothing is kept of it. */
  public Optional<Consumer> find(Caller caller, String name) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT name, cursor, changed FROM consumer WHERE caller = ? AND name = ?")) {
        select.setString(1, caller.name());
        select.setString(2, name(name));
        return read(select).stream().findFirst();
      }
    });
  }

  /** All consumers of a caller, by name. */
  public List<Consumer> all(Caller caller) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT name, cursor, changed FROM consumer WHERE caller = ? ORDER BY name")) {
        select.setString(1, caller.name());
        return read(select);
      }
    });
  }

  private static List<Consumer> read(PreparedStatement select) throws SQLException {
    List<Consumer> consumers = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        consumers.add(
            new Consumer(
                row.getString(1),
                Cursor.parse(row.getString(2)).orElseThrow(),
                Instant.ofEpochMilli(row.getLong(3))));
      }
    }
    return consumers;
  }

  /**
   * Sets where a consumer goes on, wherever it was; durable when this returns.
   *
   * @throws Refusal 409 too-many-consumers
   */
  public void set(Caller caller, String name, Cursor position) {
    write(List.of(new Acknowledged(caller, name(name), position, true)));
  }

  /**
   * A position that is to be kept.
   *
   * @param anyhow also where the consumer is further; else that is left alone
   */
  public record Acknowledged(Caller caller, String name, Cursor position, boolean anyhow) {}

  /**
   * Says that a consumer is done with all up to a position; it never goes back by that.
   *
   * @return where it stands now, durably
   * @throws Refusal 400 bad-consumer; 409 too-many-consumers
   */
  public Cursor acknowledge(Caller caller, String name, Cursor position) {
    write(List.of(new Acknowledged(caller, name(name), position, false)));
    return find(caller, name).map(Consumer::position).orElse(position);
  }

  /** Keeps several at once; durable when this returns. */
  public void write(List<Acknowledged> all) {
    database.transaction(connection -> {
      Map<Caller, Map<String, Cursor>> known = new HashMap<>();
      for (Acknowledged each : all) {
        Map<String, Cursor> positions = known.computeIfAbsent(each.caller(), _ -> new HashMap<>());
        Cursor now = positions.get(each.name());
        if (now == null) {
          now = position(connection, each);
        }
        if (now == null
            || each.anyhow()
            || now.epoch() != each.position().epoch()
            || each.position().sequence() > now.sequence()) {
          put(connection, each);
          now = each.position();
        }
        positions.put(each.name(), now);
      }
      return null;
    });
  }

  private static @Nullable Cursor position(Connection connection, Acknowledged of)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT cursor FROM consumer WHERE caller = ? AND name = ?")) {
      select.setString(1, of.caller().name());
      select.setString(2, of.name());
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          return Cursor.parse(row.getString(1)).orElseThrow();
        }
      }
    }
    try (PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM consumer");
        ResultSet row = count.executeQuery()) {
      if (row.next() && row.getInt(1) >= MOST) {
        throw new Refusal(
            409,
            "too-many-consumers",
            "Positions of " + MOST + " consumers are kept already; delete some.");
      }
    }
    return null;
  }

  private void put(Connection connection, Acknowledged each) throws SQLException {
    try (PreparedStatement put =
        connection.prepareStatement(
            "INSERT INTO consumer VALUES (?, ?, ?, ?) ON CONFLICT (caller, name) DO UPDATE SET"
                + " cursor = excluded.cursor, changed = excluded.changed")) {
      put.setString(1, each.caller().name());
      put.setString(2, each.name());
      put.setString(3, each.position().text());
      put.setLong(4, clock.instant().toEpochMilli());
      put.executeUpdate();
    }
  }

  /** Forgets a consumer; false where there was none. */
  public boolean delete(Caller caller, String name) {
    return database.transaction(connection -> {
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM consumer WHERE caller = ? AND name = ?")) {
        delete.setString(1, caller.name());
        delete.setString(2, name(name));
        return delete.executeUpdate() > 0;
      }
    });
  }
}
