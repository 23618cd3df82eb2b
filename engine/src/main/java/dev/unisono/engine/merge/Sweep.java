package dev.unisono.engine.merge;

import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.state.EngineState;
import dev.unisono.engine.state.Upkeep;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks again at many merged records, some at a time between the writer's other work: what members
 * are owed, or were told and never showed, is told. For the writer's thread.
 */
final class Sweep implements Upkeep {
  private static final int RECORDS = 500;

  private final MergeStage stage;
  private final EngineState state;
  private final What what;
  private Place place = Place.BEGINNING;
  private Place next = Place.BEGINNING;
  private boolean more;

  /**
   * What is looked at. Immutable.
   *
   * @param entity all records of this one; -1: only those in which some member is waited for
   * @param system the member that it is about; null for all
   * @param upTo what that was told up to here is told anew
   * @param refused true where what it refused is told again, too
   */
  record What(int entity, @Nullable String system, long upTo, boolean refused) {}

  Sweep(MergeStage stage, EngineState state, What what) {
    this.stage = stage;
    this.state = state;
    this.what = what;
  }

  @Override
  public void run(Connection connection) throws SQLException {
    List<Place> places =
        what.entity() < 0
            ? MergeTable.open(connection, place, RECORDS)
            : MergeTable.all(connection, what.entity(), place, RECORDS);
    more = places.size() == RECORDS;
    for (Place each : places) {
      next = each;
      if (!stage.again(connection, each, what.system(), what.upTo(), what.refused())
          && what.upTo() == 0) {
        // Whoever makes room has it gone on with.
        more = false;
        return;
      }
    }
    if (!more && what.entity() >= 0) {
      MergeTable.setLive(connection, what.entity(), true);
    }
  }

  @Override
  public void durable() {
    place = next;
    if (more) {
      state.submit(this);
    }
  }
}
