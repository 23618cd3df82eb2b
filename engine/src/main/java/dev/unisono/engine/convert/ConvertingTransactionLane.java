package dev.unisono.engine.convert;

import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.TransactionLane;
import java.util.List;
import java.util.Optional;

/** A way of whole transactions that is given rows in the form of the engine. For one thread. */
record ConvertingTransactionLane(String system, TransactionLane lane, MemberForms forms)
    implements TransactionLane {
  @Override
  public List<Optional<LaneCursor>> cursors() {
    return lane.cursors();
  }

  @Override
  public void begin(boolean strict) {
    lane.begin(strict);
  }

  @Override
  public DeliveryOutcome write(List<Delivery> deliveries) {
    ConvertedDeliveries converted = ConvertedDeliveries.of(deliveries, forms);
    UnconvertibleException none = converted.refused();
    return none != null && converted.deliveries().isEmpty()
        ? converted.nothing(system, none)
        : converted.all(system, lane.write(converted.deliveries()));
  }

  @Override
  public DeliveryOutcome writeAsUnit(List<Delivery> deliveries) {
    ConvertedDeliveries converted = ConvertedDeliveries.of(deliveries, forms);
    UnconvertibleException none = converted.refused();
    return none == null
        ? lane.writeAsUnit(converted.deliveries())
        : converted.nothing(system, none);
  }

  @Override
  public boolean commit(LaneCursor cursor) {
    return lane.commit(cursor);
  }

  @Override
  public void rollback() {
    lane.rollback();
  }

  @Override
  public void close() {
    lane.close();
  }
}
