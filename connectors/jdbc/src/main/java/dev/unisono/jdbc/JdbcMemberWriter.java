package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes to the tables of a database that are read as well, on conditions and with markers. */
public final class JdbcMemberWriter implements MemberWriter {
  private final Database database;
  private final WriteMarker marker;
  private final LaneSession session;
  private final Connection connection;
  private final Statements statements;

  /** By sync. */
  private final Map<String, MemberTable> tables = new HashMap<>();

  /**
   * Connects, and waits for what another session of the installation has begun to write.
   *
   * @param bindings that are both read and written
   */
  public JdbcMemberWriter(
      Database database, List<Binding> bindings, String installation, WriteMarker marker) {
    this.database = database;
    this.marker = marker;
    CursorTable cursors = new CursorTable(installation);
    prepare(cursors);
    // No lane of a target, and so none that is counted.
    this.session =
        new LaneSession(database, bindings, cursors, CursorTable.MEMBER, CursorTable.MEMBER + 1, 0);
    this.connection = session.connection();
    this.statements = new Statements(connection);
    for (Binding binding : bindings) {
      tables.put(
          binding.sync(),
          new MemberTable(database.dialect(), binding, session.writer().tableOf(binding)));
    }
  }

  private void prepare(CursorTable cursors) {
    try (Connection preparing = database.connect()) {
      cursors.create(preparing);
      marker.prepare(preparing);
    } catch (SQLException failed) {
      throw database.failure("making the tables of our own", failed);
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
      begin(writes.getLast().id());
      List<MemberWrite> keyed = new ArrayList<>();
      for (MemberWrite write : writes) {
        if (write.key() == null) {
          // Which record it is, is known by its own marker, once the table has given it a key.
          marker.put(connection, write.id());
          execute(List.of(write));
        } else {
          keyed.add(write);
        }
      }
      if (!keyed.isEmpty()) {
        marker.put(connection, keyed.getLast().id());
        execute(keyed);
      }
      marker.end(connection, writes.getLast().id());
      session.commit();
    } catch (SQLException thrown) {
      SQLException failed = database.dialect().cause(thrown);
      session.rollback();
      RowRefusal refusal =
          database.dialect().refusal(failed).orElseThrow(() -> database.failure("writing", failed));
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

  private void begin(long number) throws SQLException {
    session.begin();
    // Before anything else, so that who has lost the member to another session writes nothing.
    session.moveCursor(CursorTable.MEMBER, new LaneCursor(1, number));
  }

  /** One batch for each statement, with all that it is given; what is removed goes last. */
  private void execute(List<MemberWrite> writes) throws SQLException {
    Map<String, List<MemberTable.Statement>> changes = new LinkedHashMap<>();
    Map<String, List<MemberTable.Statement>> deletes = new LinkedHashMap<>();
    for (MemberWrite write : writes) {
      MemberTable.Statement statement =
          Objects.requireNonNull(tables.get(write.binding().sync()), "a table of this member")
              .statement(write);
      (write.delete() ? deletes : changes)
          .computeIfAbsent(statement.text(), any -> new ArrayList<>())
          .add(statement);
    }
    execute(changes);
    execute(deletes);
  }

  private void execute(Map<String, List<MemberTable.Statement>> groups) throws SQLException {
    for (Map.Entry<String, List<MemberTable.Statement>> group : groups.entrySet()) {
      PreparedStatement statement = statements.of(group.getKey());
      try {
        for (MemberTable.Statement each : group.getValue()) {
          int position = 1;
          for (MemberTable.Parameter parameter : each.parameters()) {
            database
                .dialect()
                .bind(
                    statement, position++, parameter.column(), parameter.type(), parameter.value());
          }
          statement.addBatch();
        }
        statement.executeBatch();
      } finally {
        statement.clearBatch();
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
                + Database.firstLine(failed.getMessage())
                + ".",
            write.binding().configPath(),
            "Correct the row in one of the members, or the constraint in "
                + database.system()
                + "; it is tried again from time to time."));
  }

  @Override
  public void mark(long number) {
    try {
      begin(number);
      marker.put(connection, number);
      marker.end(connection, number);
      session.commit();
    } catch (SQLException failed) {
      session.rollback();
      throw database.failure("marking the log", failed);
    }
  }

  @Override
  public void close() {
    statements.close();
    session.close();
  }
}
