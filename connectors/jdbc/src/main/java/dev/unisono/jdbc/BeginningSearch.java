package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds where reading begins: it makes the triggers that are missing, takes the log over, and tells
 * which tables have to be read again since changes of them may be in no log. For one thread.
 */
final class BeginningSearch {
  /** What the names of a table's columns, as they were, are kept by in the source's state. */
  static final String TABLE = "table/";

  /**
   * What reading begins with. Immutable.
   *
   * @param loss why everything is read again; null where nothing is
   * @param state what is to be kept with the first batch
   */
  record Beginning(
      LogState from,
      List<SnapshotTable> tables,
      @Nullable Problem loss,
      Map<String, @Nullable String> state) {}

  private final Database database;
  private final TriggerDialect triggers;
  private final List<Binding> bindings;
  private final String reader;
  private final KnownKeys known;

  BeginningSearch(
      Database database,
      TriggerDialect triggers,
      List<Binding> bindings,
      String reader,
      KnownKeys known) {
    this.database = database;
    this.triggers = triggers;
    this.bindings = bindings;
    this.reader = reader;
    this.known = known;
  }

  /**
   * @param repairing whether a log that is lost is given up
   * @param anew whether what was read is given up, lost or not
   */
  Beginning find(Connection connection, Map<String, String> state, boolean repairing, boolean anew)
      throws SQLException {
    Map<Binding, Table> found = new HashMap<>();
    Map<String, @Nullable String> kept = new HashMap<>();
    for (Binding binding : bindings) {
      Table table =
          database
              .dialect()
              .find(connection, binding.table())
              .orElseThrow(() -> new UnisonoException(ReadCheck.noTable(binding)));
      found.put(binding, table);
      stopWhereChanged(binding, table, state);
      kept.put(TABLE + table.name(), columns(table));
    }
    Installation installation = Installation.find(connection, database, triggers, bindings);
    String before = state.get(LogReader.LOG);
    LogState left = before == null ? null : LogState.parse(before);
    Problem loss = left == null ? null : loss(connection, left, anew);
    if (loss != null && !repairing && !anew) {
      throw new UnisonoException(loss);
    }
    try {
      installation.run(connection);
    } catch (SQLException failed) {
      throw Installation.notMade(database, failed);
    }
    long turn = TriggerLog.claim(database, connection, reader);
    TriggerLog.Standing now = TriggerLog.standing(connection).orElseThrow();
    List<SnapshotTable> tables = new ArrayList<>();
    for (Binding binding : bindings) {
      tables.add(
          new SnapshotTable(
              database.dialect(), database.system(), binding, table(found, binding), state, known));
    }
    List<SnapshotTable> ordered = TableOrder.parentsFirst(tables, SnapshotTable::table);
    for (SnapshotTable table : ordered) {
      repeat(table, loss, installation.lacking(), state);
      table.differences(differences(table));
    }
    syncsAway(state).forEach(sync -> kept.put(SnapshotTable.AWAY + sync, "away"));
    return new Beginning(from(left, loss, now, turn), ordered, loss, kept);
  }

  private static Table table(Map<Binding, Table> found, Binding binding) {
    return Objects.requireNonNull(found.get(binding));
  }

  /** Of a log that is given up everything that is in it is read all the same: it is newer. */
  private static LogState from(
      @Nullable LogState left, @Nullable Problem loss, TriggerLog.Standing now, long turn) {
    long count = left == null ? 0 : left.count();
    boolean lost = loss != null && !loss.code().equals(Sweep.COMMAND);
    return left == null || lost
        ? new LogState(now.epoch(), turn, 0, count, new HandedOver(), LogState.Open.NONE)
        : new LogState(left.epoch(), turn, left.highest(), count, left.handed(), left.open());
  }

  private @Nullable Problem loss(Connection connection, LogState left, boolean anew)
      throws SQLException {
    Optional<TriggerLog.Standing> standing =
        triggers.there(connection) ? standing(connection) : Optional.empty();
    if (standing.isEmpty() || !standing.get().epoch().equals(left.epoch())) {
      return lost(
          "log-replaced",
          "The log of changes in " + database.system() + " is another one than was read before.");
    }
    TriggerLog.Standing now = standing.get();
    if (now.turn() < left.turn() || triggers.highest(connection) < left.highest()) {
      return lost(
          "log-behind",
          "The log of changes in "
              + database.system()
              + " ends before what was read of it: the database was restored to an earlier time.");
    }
    if (now.pruned() > left.highest()) {
      return lost(
          "log-purged",
          "Changes were removed from the log of "
              + database.system()
              + " that were never read here.");
    }
    return anew ? lost(Sweep.COMMAND, "Reading was told to begin anew.") : null;
  }

  private static Optional<TriggerLog.Standing> standing(Connection connection) {
    try {
      return TriggerLog.standing(connection);
    } catch (SQLException gone) {
      return Optional.empty(); // It is made anew.
    }
  }

  private Problem lost(String code, String message) {
    return new Problem(
        code,
        ProblemType.USER,
        message + " Changes may be missing.",
        "systems." + database.system(),
        "Every table has to be read and compared again: with on-log-loss: repair that happens by"
            + " itself; else run ./unisono snapshot repeat "
            + database.system()
            + ".");
  }

  /** Lets a snapshot begin anew whose table may have changed without our knowing. */
  private void repeat(
      SnapshotTable table, @Nullable Problem loss, Set<String> lacking, Map<String, String> state) {
    String cause =
        loss != null
            ? loss.code()
            : table.away()
                ? "sync-was-away"
                : lacking.contains(table.table().name()) && state.containsKey(LogReader.LOG)
                    ? "triggers-missing"
                    : null;
    if (cause != null && !table.untouched()) {
      System.getLogger(BeginningSearch.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "{0}: {1} is read and compared again ({2})",
              database.system(),
              table.table().name(),
              cause);
      table.repeat(cause, known.sequence());
    }
  }

  static List<String> differences(SnapshotTable table) {
    return table.table().missing(table.binding()).stream()
        .map(column -> "column " + column + " is gone; its field stays as it was")
        .toList();
  }

  static String columns(Table table) {
    return Shape.text(
        table.columns().values().stream()
            .map(column -> column.name() + " " + column.type())
            .toList());
  }

  /** Refuses a table that cannot be read on as the config has it. */
  static void stopWhereChanged(Binding binding, Table table, Map<String, String> state) {
    for (String column : Table.keyColumns(binding)) {
      if (!table.columns().containsKey(column)) {
        throw new UnisonoException(
            new Problem(
                "column-dropped",
                ProblemType.USER,
                table.name() + " has lost the column " + column + ", a part of the key.",
                binding.configPath() + ".table",
                "Name the column that holds the key now, and run ./unisono snapshot repeat for the"
                    + " system."));
      }
    }
    String before = state.get(TABLE + table.name());
    if (binding.policy().schemaChange() == SchemaChange.STOP
        && before != null
        && !before.equals(columns(table))) {
      throw new UnisonoException(
          new Problem(
              "schema-changed",
              ProblemType.USER,
              "The columns of "
                  + table.name()
                  + " have changed: they were "
                  + String.join(", ", Shape.names(before))
                  + ".",
              binding.configPath() + ".table",
              "Correct the sync's fields where they have to follow, set schema-change: ignore, and"
                  + " reload the config; stop can be set again once the source runs."));
    }
  }

  /** Syncs whose changes pass by from now on, and of which that is not noted yet. */
  private List<String> syncsAway(Map<String, String> state) {
    Set<String> present = bindings.stream().map(Binding::sync).collect(Collectors.toSet());
    return state.keySet().stream()
        .filter(name -> name.startsWith(SnapshotTable.SNAPSHOT))
        .map(name -> name.substring(SnapshotTable.SNAPSHOT.length()))
        .filter(sync -> !present.contains(sync))
        .filter(sync -> !state.containsKey(SnapshotTable.AWAY + sync))
        .toList();
  }
}
