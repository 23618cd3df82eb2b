package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes to the tables of a database that are read as well, on conditions and with markers. */
final class PostgresMemberWriter implements MemberWriter {
  /** The number under which its session is alone, beside those of lanes. */
  private static final int LANE = -1;

  private final Database database;
  private final LaneSession session;
  private final Connection connection;
  private final String installation;

  /** By sync. */
  private final Map<String, MemberTable> tables = new HashMap<>();

  PostgresMemberWriter(
      Database database, List<Binding> bindings, String installation, Duration answerTimeout) {
    this.database = database;
    this.installation = installation;
    this.session = new LaneSession(database, bindings, installation, LANE, LANE + 1, answerTimeout);
    this.connection = session.connection();
    for (Binding binding : bindings) {
      tables.put(binding.sync(), new MemberTable(binding, session.writer().tableOf(binding)));
    }
  }

  @Override
  public List<Refusal> write(List<MemberWrite> writes) {
    List<Refusal> refusals = new ArrayList<>();
    write(writes, refusals);
    return refusals;
  }

  private void write(List<MemberWrite> writes, List<Refusal> refusals) {
    try {
      List<MemberWrite> keyed = new ArrayList<>();
      for (MemberWrite write : writes) {
        if (write.key() == null) {
          // Which record it is, is known by its own marker, once the table has given it a key.
          WriteMarker.put(connection, installation, write.id());
          execute(List.of(write));
        } else {
          keyed.add(write);
        }
      }
      if (!keyed.isEmpty()) {
        WriteMarker.put(connection, installation, keyed.getLast().id());
        execute(keyed);
      }
      connection.commit();
    } catch (SQLException thrown) {
      SQLException failed = cause(thrown);
      session.rollback();
      RowRefusal refusal =
          RowRefusal.of(failed).orElseThrow(() -> database.failure("writing", failed));
      if (writes.size() == 1) {
        refusals.add(refusal(writes.getFirst(), refusal, failed));
        return;
      }
      // Halves lead to it, and all others are written.
      int middle = writes.size() / 2;
      write(writes.subList(0, middle), refusals);
      write(writes.subList(middle, writes.size()), refusals);
    }
  }

  /** What the server said: of a batch it is behind what the driver says. */
  private static SQLException cause(SQLException failed) {
    SQLException next = failed instanceof BatchUpdateException ? failed.getNextException() : null;
    return next == null ? failed : next;
  }

  /** One exchange for each statement, with all that it is given; what is removed goes last. */
  private void execute(List<MemberWrite> writes) throws SQLException {
    Map<String, List<List<String>>> changes = new LinkedHashMap<>();
    Map<String, List<List<String>>> deletes = new LinkedHashMap<>();
    for (MemberWrite write : writes) {
      MemberTable.Statement statement =
          Objects.requireNonNull(tables.get(write.binding().sync()), "a table of this member")
              .statement(write);
      (write.delete() ? deletes : changes)
          .computeIfAbsent(statement.text(), any -> new ArrayList<>())
          .add(statement.parameters());
    }
    execute(changes);
    execute(deletes);
  }

  private void execute(Map<String, List<List<String>>> statements) throws SQLException {
    for (Map.Entry<String, List<List<String>>> each : statements.entrySet()) {
      try (PreparedStatement statement = connection.prepareStatement(each.getKey())) {
        for (List<String> parameters : each.getValue()) {
          for (int i = 0; i < parameters.size(); i++) {
            statement.setString(i + 1, parameters.get(i));
          }
          statement.addBatch();
        }
        statement.executeBatch();
      }
    }
  }

  private Refusal refusal(MemberWrite write, RowRefusal refusal, SQLException failed) {
    return new Refusal(
        write,
        new Problem(
            refusal.code(),
            ProblemType.USER,
            database.system()
                + " refuses "
                + write.binding().schema().name()
                + " "
                + (write.key() == null ? "(new)" : write.key())
                + ": "
                + Failures.firstLine(failed.getMessage())
                + ".",
            write.binding().configPath(),
            "Correct the row in one of the members, or the constraint in "
                + database.system()
                + "; it is tried again from time to time."));
  }

  @Override
  public void mark(long marker) {
    try {
      WriteMarker.put(connection, installation, marker);
      connection.commit();
    } catch (SQLException failed) {
      throw database.failure("marking the log", failed);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
