package dev.unisono.engine.merge;

import dev.unisono.engine.merge.MergeConflict.Choice;
import dev.unisono.engine.merge.MergeConflict.Filter;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to the inbox for those who look at conflicts and decide them. What is decided becomes an
 * edit that is newer than both sides, by the writer's thread like all edits. Safe for threads.
 */
public final class Conflicts {
  private final EngineState state;
  private final MergeStage stage;
  private final ConflictTable table;

  Conflicts(EngineState state, MergeStage stage) {
    this.state = state;
    this.stage = stage;
    this.table = stage.inbox().table();
  }

  private interface Read<T extends @Nullable Object> {
    T from(Connection connection) throws SQLException;
  }

  private <T extends @Nullable Object> T read(Read<T> read) {
    try (Connection connection = state.folder().connectState()) {
      return read.from(connection);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  public List<MergeConflict> list(Filter filter) {
    return read(connection -> table.list(connection, filter));
  }

  /**
   * One of them.
   *
   * @throws UnisonoException not-found
   */
  public MergeConflict find(long id) {
    MergeConflict found = read(connection -> table.find(connection, id));
    if (found == null) {
      throw Decision.missing(id);
    }
    return found;
  }

  /**
   * Decides a conflict that waits for it, with all others of that field of the record, and gives it
   * back as it is then. A record that is deleted meanwhile is not brought back by a decision about
   * a field of it.
   *
   * @throws UnisonoException not-found; conflict-decided; no-such-side; decision-late
   */
  public MergeConflict decide(long id, Choice choice, Duration atMost) throws InterruptedException {
    Decision decision = new Decision(stage, id, choice);
    state.submit(decision);
    if (!decision.await(atMost)) {
      throw new UnisonoException(
          new Problem(
              "decision-late",
              ProblemType.TRANSIENT,
              "The decision is in line, but nothing is committed at the moment.",
              null,
              "Look at the conflict again in a moment."));
    }
    UnisonoException refused = decision.refused();
    if (refused != null) {
      throw refused;
    }
    return find(id);
  }
}
