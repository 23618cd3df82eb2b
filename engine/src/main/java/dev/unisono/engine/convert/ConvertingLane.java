package dev.unisono.engine.convert;

import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import java.util.List;
import java.util.Optional;

/** A lane that is given rows in the form of the engine. For one thread at a time. */
record ConvertingLane(String system, Lane lane, MemberForms forms) implements Lane {
  @Override
  public Optional<LaneCursor> cursor() {
    return lane.cursor();
  }

  @Override
  public DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor cursor) {
    ConvertedDeliveries converted = ConvertedDeliveries.of(deliveries, forms);
    UnconvertibleException none = converted.refused();
    if (none == null) {
      return lane.apply(converted.deliveries(), cursor);
    }
    if (converted.deliveries().isEmpty()) {
      return converted.nothing(system, none);
    }
    long last = converted.deliveries().getLast().sequence();
    return converted.all(
        system, lane.apply(converted.deliveries(), new LaneCursor(cursor.epoch(), last)));
  }

  @Override
  public DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor cursor) {
    ConvertedDeliveries converted = ConvertedDeliveries.of(deliveries, forms);
    UnconvertibleException none = converted.refused();
    return none == null
        ? lane.applyAsUnit(converted.deliveries(), cursor)
        : converted.nothing(system, none);
  }

  @Override
  public void advance(LaneCursor cursor) {
    lane.advance(cursor);
  }

  @Override
  public void close() {
    lane.close();
  }
}
