package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds where reading begins: where it was left, or at the end of the log. For one thread. */
final class BeginningSearch {
  private final Database database;
  private final List<Binding> bindings;
  private final KnownKeys known;

  BeginningSearch(Database database, List<Binding> bindings, KnownKeys known) {
    this.database = database;
    this.bindings = bindings;
    this.known = known;
  }

  /**
   * @param repairing whether a log that is lost is given up
   * @param anew whether the place is given up, lost or not
   */
  Beginning find(Map<String, String> state, boolean repairing, boolean anew) {
    try (Connection connection = database.connect("connecting")) {
      String kept = state.get(MariaDbSource.STREAM);
      StreamState left = kept == null ? null : StreamState.parse(kept);
      Problem loss = left == null ? null : loss(connection, left, anew);
      if (loss != null && !repairing && !anew) {
        throw new UnisonoException(loss);
      }
      return begin(connection, state, left, loss);
    } catch (SQLException failed) {
      throw database.failure("looking up the tables", failed);
    }
  }

  private @Nullable Problem loss(Connection connection, StreamState left, boolean anew)
      throws SQLException {
    Optional<Problem> found = LogLoss.find(connection, database, left);
    if (found.isEmpty() && anew) {
      return LogLoss.problem(
          Sweep.COMMAND, database, "Reading was told to go on at the end of the binlog.");
    }
    return found.orElse(null);
  }

  /** All in one transaction, in which no table can be defined otherwise. */
  private Beginning begin(
      Connection connection,
      Map<String, String> state,
      @Nullable StreamState left,
      @Nullable Problem loss)
      throws SQLException {
    try {
      Moment moment = Moment.begin(connection);
      if (moment.place().file().isEmpty()) {
        throw new UnisonoException(LogCheck.off(database));
      }
      List<SnapshotTable> tables = new ArrayList<>();
      Problem warning = null;
      for (Binding binding : bindings) {
        Table table = Table.named(connection, binding, database.address().database());
        try (Statement statement = connection.createStatement()) {
          statement.execute("SELECT 1 FROM " + table.name().sql() + " LIMIT 0");
        }
        tables.add(new SnapshotTable(binding, table, state, known));
        warning = Cascades.find(connection, binding, table.name()).orElse(warning);
      }
      List<SnapshotTable> ordered = TableOrder.parentsFirst(connection, tables);
      repeat(ordered, loss);
      boolean goesOn = left != null && loss == null;
      return new Beginning(
          left != null && loss == null ? left : at(connection, moment, left),
          ordered,
          definitions(ordered, state, !goesOn),
          loss,
          warning,
          away(state));
    } finally {
      Moment.end(connection);
    }
  }

  private static StreamState at(Connection connection, Moment moment, @Nullable StreamState left)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT BINLOG_GTID_POS(?, ?), @@global.server_id")) {
      select.setString(1, moment.place().file());
      select.setLong(2, moment.place().position());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        String gtids = row.getString(1);
        return new StreamState(
            moment.place(),
            gtids == null ? "" : Gtids.parse(gtids).text(),
            "",
            0,
            left == null ? 0 : left.count(),
            row.getLong(2));
      }
    }
  }

  /** Lets the snapshots begin anew whose tables may have changed while nobody read the log. */
  private void repeat(List<SnapshotTable> tables, @Nullable Problem loss) {
    for (SnapshotTable table : tables) {
      Problem cause = loss == null && table.away() ? syncWasAway(table) : loss;
      if (cause != null && !table.untouched()) {
        System.getLogger(BeginningSearch.class.getName())
            .log(System.Logger.Level.WARNING, "{0}: {1}", database.system(), cause.message());
        table.repeat(cause.code(), known.sequence());
      }
    }
  }

  private static Problem syncWasAway(SnapshotTable table) {
    return new Problem(
        "sync-was-away",
        ProblemType.TRANSIENT,
        "The sync "
            + table.binding().sync()
            + " was not in the config for a while, in which its changes passed by.",
        "syncs." + table.binding().sync(),
        "It is read and compared again by itself.");
  }

  /** As they were at the place where reading goes on; of a table that is new, as it is now. */
  private static List<Definition> definitions(
      List<SnapshotTable> tables, Map<String, String> state, boolean fresh) {
    return tables.stream()
        .map(SnapshotTable::table)
        .collect(Collectors.toMap(Table::name, table -> table, (one, other) -> one))
        .values()
        .stream()
        .map(table -> {
          String kept = state.get(DefinitionWatch.TABLE + table.name().plain());
          return fresh || kept == null ? table.definition() : Definition.parse(kept);
        })
        .toList();
  }

  /** Syncs whose changes pass by from now on, and of which that is not noted yet. */
  private List<String> away(Map<String, String> state) {
    Set<String> present = bindings.stream().map(Binding::sync).collect(Collectors.toSet());
    return state.keySet().stream()
        .filter(name -> name.startsWith(SnapshotTable.SNAPSHOT))
        .map(name -> name.substring(SnapshotTable.SNAPSHOT.length()))
        .filter(sync -> !present.contains(sync))
        .filter(sync -> !state.containsKey(SnapshotTable.AWAY + sync))
        .toList();
  }

  /** The number by which a server's binlog is read, if none is configured. */
  static long serverId(Settings settings, String installation, String system) {
    // Above what people count their servers by.
    long made = 0x4000_0000L + ((installation + "/" + system).hashCode() & 0x3FFF_FFFF);
    return settings.optionalNumber("server-id").orElse(made);
  }
}
