package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a change beside the other records: that no two have the same of something, that
 * what one refers to is there. Called by the writer alone, in its transaction, so that what it
 * knows of records and the journal become durable together (invariant 2).
 */
public interface Constraining {
  /** At the end of a name it stands for all names that begin with what is before it. */
  String ALL = "*";

  /** Nothing is asked. */
  Constraining NONE =
      new Constraining() {
        @Override
        public boolean follows(Entity entity) {
          return false;
        }

        @Override
        public @Nullable DeadLetter judge(
            Connection connection, String system, CleanChange change, boolean letThrough) {
          return null;
        }

        @Override
        public void taken(Connection connection, CleanChange change) {}

        @Override
        public void rolledBack() {}
      };

  /** True where it is to be told what becomes of an entity's records. */
  boolean follows(Entity entity);

  /**
   * Why a change does not pass beside the other records as they are now; null where it does. What
   * the record had of values that must be unique, and has no more by that change, is free from then
   * on whether it passes or not: its source does not have it any more.
   *
   * @param letThrough whether a person has let it through though something is to be looked at
   */
  @Nullable DeadLetter judge(
      Connection connection, String system, CleanChange change, boolean letThrough)
      throws SQLException;

  /** What the journal is told of a record. */
  void taken(Connection connection, CleanChange change) throws SQLException;

  /** What was done since the last commit is undone; it is done again, from its beginning. */
  void rolledBack();

  /** Makes it, over the state's database, which it may write to. */
  @FunctionalInterface
  interface Factory {
    /** Nothing is asked. */
    Factory NONE = (connection, freed) -> Constraining.NONE;

    /**
     * Makes what looks at changes.
     *
     * @param freed is told what letters may wait for, by its name, where it is there now
     */
    Constraining make(Connection connection, Consumer<String> freed) throws SQLException;
  }
}
