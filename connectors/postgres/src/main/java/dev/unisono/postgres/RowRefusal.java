package dev.unisono.postgres;

import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * An error that is a row's own and not the connection's, the server's or the table's: the row as it
 * is cannot be written, now or ever. Told by its SQLSTATE, never by its text. Immutable.
 *
 * @param code the problem's code
 * @param constraint what refuses, named the same for every row that it refuses
 * @param waits true where other rows stand against it
 */
record RowRefusal(String code, String constraint, boolean waits) {
  /** A row refers to one that is not there, or a truncated table is referred to. */
  private static final Set<String> REFERENCES = Set.of("23503", "0A000");

  /** Another row has the value, or a range that overlaps. */
  private static final Set<String> TAKEN = Set.of("23505", "23P01");

  /**
   * Data, integrity, a view's check option, a trigger's or a routine's own exception, a row too
   * large for its index.
   */
  private static final Set<String> CLASSES =
      Set.of("21", "22", "23", "27", "38", "39", "44", "54", "P0");

  /** The server's own function that raises what a trigger asks it to, with whatever SQLSTATE. */
  private static final String RAISED = "exec_stmt_raise";

  /** Empty where the error is of another kind. */
  static Optional<RowRefusal> of(SQLException failed) {
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    ServerErrorMessage server =
        failed instanceof PSQLException told ? told.getServerErrorMessage() : null;
    if (REFERENCES.contains(state)) {
      return Optional.of(new RowRefusal("foreign-key", constraint(state, server), true));
    }
    if (TAKEN.contains(state)) {
      return Optional.of(new RowRefusal("value-taken", constraint(state, server), true));
    }
    boolean raised = server != null && RAISED.equals(server.getRoutine());
    return raised || (state.length() == 5 && CLASSES.contains(state.substring(0, 2)))
        ? Optional.of(new RowRefusal("refused-by-target", constraint(state, server), false))
        : Optional.empty();
  }

  /** True where another row has the value. */
  boolean taken() {
    return code.equals("value-taken");
  }

  private static String constraint(String state, @Nullable ServerErrorMessage server) {
    String name = server == null ? null : server.getConstraint();
    return name == null ? "SQLSTATE " + state : "constraint " + name;
  }
}
