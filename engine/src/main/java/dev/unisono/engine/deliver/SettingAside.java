package dev.unisono.engine.deliver;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is done with a delivery that a target refuses: parked, or the target stops. Safe for threads
 * as far as its way of writing is.
 */
final class SettingAside {
  /** Writes one delivery by a lane that its caller holds. */
  interface Writing {
    DeliveryOutcome write(int lane, Delivery delivery);
  }

  private final String system;
  private final ParkedRows parked;
  private final Writing writing;

  SettingAside(String system, ParkedRows parked, Writing writing) {
    this.system = system;
    this.parked = parked;
    this.writing = writing;
  }

  /**
   * Parks what a delivery would have done, or stops where that is not wanted or cannot be. The
   * lane's cursor may move past it once this returns (invariants 5 and 8).
   */
  void set(int lane, Delivery delivery, Obstacle obstacle) throws InterruptedException {
    Key key = delivery.key();
    Key previousKey = delivery.previousKey();
    Row row = delivery.row();
    if (key == null || !parked.parks(delivery.binding(), obstacle)) {
      throw stopped(obstacle.cause());
    }
    Map<Key, @Nullable Row> images = new HashMap<>();
    images.put(key, row);
    if (previousKey == null || row == null) {
      parked.park(delivery, images, obstacle);
    } else if (whole(delivery.binding(), row)) {
      images.put(previousKey, null);
      parked.park(delivery, images, obstacle);
    } else {
      setMoved(lane, delivery, obstacle);
    }
  }

  /**
   * The rest of a moved row is in the target alone, under its old key: it is first written under
   * the new one, with what came along where that is taken.
   */
  private void setMoved(int lane, Delivery moved, Obstacle obstacle) throws InterruptedException {
    Key key = Objects.requireNonNull(moved.key());
    Key previousKey = Objects.requireNonNull(moved.previousKey());
    Row row = Objects.requireNonNull(moved.row());
    Map<Key, @Nullable Row> images = new HashMap<>();
    images.put(key, row);
    images.put(previousKey, null);
    parked.park(moved, images, obstacle);
    if (copied(lane, moved, row)) {
      parked.confirm(beside(moved, null, row));
    } else if (!copied(lane, moved, keyAlone(row))) {
      parked.confirm(moved);
      throw stopped(obstacle.cause());
    }
  }

  private boolean copied(int lane, Delivery moved, Row row) {
    Delivery copy = beside(moved, moved.previousKey(), row);
    return writing.write(lane, copy) instanceof DeliveryOutcome.Applied;
  }

  private static Delivery beside(Delivery moved, @Nullable Key previousKey, Row row) {
    return new Delivery(
        moved.sequence(),
        moved.binding(),
        Operation.CREATE,
        moved.key(),
        previousKey,
        row,
        moved.transaction(),
        moved.sourceTime());
  }

  private static Row keyAlone(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (!row.schema().isKey(i)) {
        values[i] = Unchanged.UNCHANGED;
      }
    }
    return new Row(row.schema(), values);
  }

  private static boolean whole(Binding binding, Row row) {
    for (int i = 0; i < row.schema().size(); i++) {
      if (binding.column(i) != null && row.value(i) == Unchanged.UNCHANGED) {
        return false;
      }
    }
    return true;
  }

  /** A cause that does not pass by itself, whatever type the connector gave it. */
  private UnisonoException stopped(Problem cause) {
    return new UnisonoException(
        new Problem(
            cause.code(),
            ProblemType.USER,
            cause.message(),
            cause.configPath() == null ? "systems." + system : cause.configPath(),
            cause.remedy()));
  }
}
