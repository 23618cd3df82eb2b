package dev.unisono.engine.constraint;

import dev.unisono.engine.entity.Entity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Of which entities all records are known, and which have to be read for it: kept in the state, in
 * the transactions of the writer. Whether all are known can be asked from any thread.
 */
final class KnownRecords {
  /** The tables, of which {@link ConstraintTable} works with the first two. */
  private static final String[] TABLES = {
    // What is known of a record that others are compared with, or refer to.
    "CREATE TABLE IF NOT EXISTS standing (entity INTEGER NOT NULL, key BLOB NOT NULL,"
        + " parts BLOB NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID",
    // Who has a value that must be unique; several where a rule only warns.
    "CREATE TABLE IF NOT EXISTS unique_value (entity INTEGER NOT NULL, rule INTEGER NOT NULL,"
        + " value BLOB NOT NULL, key BLOB NOT NULL, PRIMARY KEY (entity, rule, value, key))"
        + " WITHOUT ROWID",
    // since is how often each source had read its table; unchecked where a record has passed of
    // which it was not known whether what it refers to is there.
    "CREATE TABLE IF NOT EXISTS known_records (entity INTEGER PRIMARY KEY, form TEXT NOT NULL,"
        + " whole INTEGER NOT NULL, wanted INTEGER NOT NULL, since TEXT NOT NULL,"
        + " unchecked INTEGER NOT NULL)"
  };

  /**
   * How far one entity is.
   *
   * @param whole all its records are known
   * @param wanted they have to be read, from the beginning
   * @param since by system how often it had read the table when that began
   * @param unchecked records have passed of which it was not known whether what they refer to is
   *     there
   */
  record Standing(boolean whole, boolean wanted, Map<String, Long> since, boolean unchecked) {}

  private final Set<Integer> whole = ConcurrentHashMap.newKeySet();

  private KnownRecords() {}

  /**
   * Goes on where the state is, and begins anew with what is asked otherwise than before.
   *
   * @param fresh entities of which nothing was ever read: all their records are about to come
   */
  static KnownRecords open(
      Connection connection, Collection<EntityConstraints> followed, Set<Entity> fresh)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        statement.execute(table);
      }
    }
    forgetOthers(connection, followed);
    KnownRecords known = new KnownRecords();
    for (EntityConstraints each : followed) {
      int entity = each.entity().id();
      if (!each.form().equals(form(connection, entity))) {
        try (ConstraintTable table = new ConstraintTable(connection)) {
          table.removeAll(entity);
        }
        insert(connection, entity, each.form(), !fresh.contains(each.entity()));
      } else if (of(connection, entity).whole()) {
        known.whole.add(entity);
      }
    }
    return known;
  }

  /** What is not kept up to date would be wrong by the time it is asked for again. */
  private static void forgetOthers(Connection connection, Collection<EntityConstraints> followed)
      throws SQLException {
    String entities =
        followed.stream()
            .map(each -> Integer.toString(each.entity().id()))
            .collect(Collectors.joining(", "));
    try (Statement statement = connection.createStatement()) {
      for (String table : new String[] {"standing", "unique_value", "known_records"}) {
        statement.execute("DELETE FROM " + table + " WHERE entity NOT IN (" + entities + ")");
      }
    }
  }

  private static @Nullable String form(Connection connection, int entity) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT form FROM known_records WHERE entity = ?")) {
      select.setInt(1, entity);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }

  private static void insert(Connection connection, int entity, String form, boolean wanted)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT OR REPLACE INTO known_records VALUES (?, ?, 0, ?, '', 0)")) {
      insert.setInt(1, entity);
      insert.setString(2, form);
      insert.setBoolean(3, wanted);
      insert.executeUpdate();
    }
  }

  static Standing of(Connection connection, int entity) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT whole, wanted, since, unchecked FROM known_records WHERE entity = ?")) {
      select.setInt(1, entity);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return new Standing(
            row.getBoolean(1), row.getBoolean(2), since(row.getString(3)), row.getBoolean(4));
      }
    }
  }

  private static Map<String, Long> since(String written) {
    Map<String, Long> since = new HashMap<>();
    written
        .lines()
        .forEach(line -> {
          int at = line.lastIndexOf(' ');
          since.put(line.substring(0, at), Long.valueOf(line.substring(at + 1)));
        });
    return since;
  }

  /** True where all records of an entity are known. From any thread. */
  boolean whole(int entity) {
    return whole.contains(entity);
  }

  /** All its records are known from now on. */
  void markWhole(Connection connection, int entity) throws SQLException {
    update(connection, entity, "whole = 1");
    whole.add(entity);
  }

  /** Its records are read, from the beginning. */
  static void begun(Connection connection, int entity, Map<String, Long> since)
      throws SQLException {
    String written =
        new TreeMap<>(since)
            .entrySet().stream()
                .map(each -> each.getKey() + " " + each.getValue())
                .collect(Collectors.joining("\n"));
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE known_records SET wanted = 0, since = ? WHERE entity = ?")) {
      update.setString(1, Objects.requireNonNull(written));
      update.setInt(2, entity);
      update.executeUpdate();
    }
  }

  /** A record has passed of which it was not known whether what it refers to is there. */
  static void unchecked(Connection connection, int entity) throws SQLException {
    update(connection, entity, "unchecked = 1");
  }

  /** What passed unchecked is read again. */
  static void checkAgain(Connection connection, int entity) throws SQLException {
    update(connection, entity, "unchecked = 0, wanted = 1");
  }

  private static void update(Connection connection, int entity, String set) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("UPDATE known_records SET " + set + " WHERE entity = " + entity);
    }
  }
}
