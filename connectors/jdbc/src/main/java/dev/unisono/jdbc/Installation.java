package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What a database lacks so that changes of the tables that are read are written down: the log, and
 * the triggers of each table as it is now. For one thread.
 */
final class Installation {
  private final Database database;
  private final TriggerDialect triggers;
  private final List<Binding> bindings;
  private final List<String> statements = new ArrayList<>();

  /** The names of tables whose changes are not all written down yet. */
  private final Set<String> lacking = new LinkedHashSet<>();

  private Installation(Database database, TriggerDialect triggers, List<Binding> bindings) {
    this.database = database;
    this.triggers = triggers;
    this.bindings = bindings;
  }

  /** Looks what there is, and what has to be run; changes nothing. */
  static Installation find(
      Connection connection, Database database, TriggerDialect triggers, List<Binding> bindings)
      throws SQLException {
    Installation installation = new Installation(database, triggers, bindings);
    installation.look(connection);
    return installation;
  }

  List<String> statements() {
    return statements;
  }

  Set<String> lacking() {
    return lacking;
  }

  private void look(Connection connection) throws SQLException {
    Map<String, Table> tables = new LinkedHashMap<>();
    Map<String, Set<String>> wanted = new LinkedHashMap<>();
    Map<String, Set<String>> keys = new LinkedHashMap<>();
    for (Binding binding : bindings) {
      Optional<Table> found = database.dialect().find(connection, binding.table());
      if (found.isEmpty()) {
        continue; // Said by who needs it.
      }
      Table table = found.get();
      tables.put(table.name(), table);
      Set<String> columns = wanted.computeIfAbsent(table.name(), any -> new LinkedHashSet<>());
      List<String> key = Table.keyColumns(binding);
      // A table may be that of several entities, each with a key of its own.
      keys.computeIfAbsent(table.name(), any -> new LinkedHashSet<>()).addAll(key);
      columns.addAll(key);
      for (String column : binding.columns()) {
        if (column != null && table.columns().containsKey(column)) {
          columns.add(column);
        }
      }
    }
    boolean there = there(connection);
    int width = wanted.values().stream().mapToInt(Set::size).max().orElse(0);
    int keyWidth = keys.values().stream().mapToInt(Set::size).max().orElse(0);
    statements.addAll(triggers.make(connection, keyWidth, width));
    if (!there) {
      statements.addAll(makeBeside(connection));
    }
    Map<Long, Shape> shapes = there ? TriggerLog.shapes(connection) : Map.of();
    Set<Long> numbers = new HashSet<>(shapes.keySet());
    numbers.addAll(triggers.installed(connection, null).keySet());
    long next = numbers.stream().mapToLong(number -> number).max().orElse(0) + 1;
    for (Table table : tables.values()) {
      List<String> key = List.copyOf(keys.getOrDefault(table.name(), Set.of()));
      List<String> columns = List.copyOf(wanted.getOrDefault(table.name(), Set.of()));
      if (table.columns().keySet().containsAll(key)
          && !fits(connection, table, shapes, key, columns)) {
        make(connection, new Shape(next++, table.name(), key, columns), table);
      }
    }
  }

  /** Whether the tables that stand beside the log are there, and the log itself. */
  private boolean there(Connection connection) throws SQLException {
    return triggers.there(connection) && database.dialect().find(connection, reader()).isPresent();
  }

  /** As the database shows the name of a table that was not quoted. */
  private String reader() {
    return named(TriggerLog.READER);
  }

  private String named(String own) {
    return database.dialect().kind().equals(H2Dialect.KIND) ? own.toUpperCase(Locale.ROOT) : own;
  }

  private List<String> makeBeside(Connection connection) throws SQLException {
    List<String> beside = new ArrayList<>();
    for (String own : List.of(TriggerLog.SHAPE, TriggerLog.READER)) {
      if (database.dialect().find(connection, named(own)).isPresent()) {
        beside.add("DROP TABLE " + own);
      }
    }
    beside.add(TriggerLog.MAKE_SHAPE);
    beside.add(TriggerLog.MAKE_READER);
    beside.add(
        "INSERT INTO "
            + TriggerLog.READER
            + " (epoch, turn, pruned) VALUES ('"
            + UUID.randomUUID()
            + "', 0, 0)");
    return beside;
  }

  private boolean fits(
      Connection connection,
      Table table,
      Map<Long, Shape> shapes,
      List<String> key,
      List<String> columns)
      throws SQLException {
    Map<Long, List<String>> installed = triggers.installed(connection, table);
    if (installed.size() != 1) {
      return false;
    }
    Map.Entry<Long, List<String>> one = installed.entrySet().iterator().next();
    Shape shape = shapes.get(one.getKey());
    return shape != null
        && shape.table().equals(table.name())
        && shape.fits(table, key, columns)
        && one.getValue().size() == triggers.triggers(connection, shape, table);
  }

  private void make(Connection connection, Shape shape, Table table) throws SQLException {
    lacking.add(table.name());
    statements.add(
        "INSERT INTO "
            + TriggerLog.SHAPE
            + " VALUES ("
            + shape.number()
            + ", "
            + SqliteDialect.literal(shape.table())
            + ", "
            + SqliteDialect.literal(Shape.text(shape.key()))
            + ", "
            + SqliteDialect.literal(Shape.text(shape.columns()))
            + ")");
    // New ones first: where that is no one transaction, a change is written down twice and not
    // passed by.
    statements.addAll(triggers.install(connection, shape, table));
    triggers.installed(connection, table).values().forEach(statements::addAll);
  }

  /** Runs what is lacking; where the database can, all of it or nothing. */
  void run(Connection connection) throws SQLException {
    run(connection, database, triggers, statements);
  }

  private static void run(
      Connection connection, Database database, TriggerDialect triggers, List<String> all)
      throws SQLException {
    if (all.isEmpty()) {
      return;
    }
    boolean whole = triggers.definesInTransactions();
    if (whole) {
      database.dialect().begin(connection);
    }
    try (Statement statement = connection.createStatement()) {
      for (String each : all) {
        statement.execute(each);
      }
      if (whole) {
        database.dialect().commit(connection);
      }
    } catch (SQLException failed) {
      if (whole) {
        database.dialect().rollback(connection);
      }
      throw failed;
    }
  }

  /** What removes all that was ever made here; empty where nothing is there. */
  static List<String> removal(Connection connection, Database database, TriggerDialect triggers)
      throws SQLException {
    Installation none = new Installation(database, triggers, List.of());
    List<String> statements = new ArrayList<>();
    triggers.installed(connection, null).values().forEach(statements::addAll);
    if (triggers.there(connection)) {
      statements.addAll(triggers.unmake());
    }
    for (String own : List.of(TriggerLog.SHAPE, TriggerLog.READER)) {
      if (database.dialect().find(connection, none.named(own)).isPresent()) {
        statements.add("DROP TABLE " + own);
      }
    }
    return statements;
  }

  static void remove(
      Connection connection, Database database, TriggerDialect triggers, List<String> statements)
      throws SQLException {
    run(connection, database, triggers, statements);
  }

  /** The server's own attempt to make triggers was refused. */
  static UnisonoException notMade(Database database, SQLException failed) {
    return new UnisonoException(
        new Problem(
            "triggers-not-made",
            ProblemType.USER,
            "The triggers that write changes of "
                + database.system()
                + " down could not be made: "
                + Database.firstLine(failed.getMessage())
                + ".",
            "systems." + database.system(),
            "Run ./unisono publication FILE "
                + database.system()
                + " and have somebody who may run what it prints."
                + " H2 compiles a trigger by the Java compiler: its process needs a JDK."),
        failed);
  }
}
