package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What stands between what sources hand in and the journal for the entities that several members
 * write. Called by the writer alone, in its transaction, so that what it keeps and the journal
 * become durable together (invariant 2).
 */
public interface Merging {
  /** Nothing is merged. */
  Merging NONE =
      new Merging() {
        @Override
        public boolean merges(Entity entity) {
          return false;
        }

        @Override
        public void merge(
            Connection connection, String system, CleanChange change, Outcome outcome) {
          throw new IllegalStateException("nothing is merged");
        }

        @Override
        public void passed(Connection connection, String system, long marker) {}

        @Override
        public void finish(Connection connection) {}

        @Override
        public void committed() {}

        @Override
        public void rolledBack() {}
      };

  /** What a change of a member comes to. */
  interface Outcome {
    /**
     * Why a record may not become what a member makes of it; null where it may.
     *
     * @param candidate gives the member's change with what the record would be
     */
    default @Nullable DeadLetter judge(Supplier<CleanChange> candidate) throws SQLException {
      return null;
    }

    /** What it makes of the merged record. */
    void journaled(CleanChange change);

    /** It takes no part (invariant 8). */
    void refused(DeadLetter letter);
  }

  boolean merges(Entity entity);

  /**
   * Takes up a change of a member.
   *
   * @param outcome takes what it comes to, if anything
   */
  void merge(Connection connection, String system, CleanChange change, Outcome outcome)
      throws SQLException;

  /** A member's log has passed a marker of ours. */
  void passed(Connection connection, String system, long marker) throws SQLException;

  /** Called before each commit. */
  void finish(Connection connection) throws SQLException;

  /** What was done since the last commit is durable. Must not block. */
  void committed();

  /** What was done since the last commit is undone; it is done again, from its beginning. */
  void rolledBack();
}
