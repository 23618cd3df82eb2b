package dev.unisono.engine.convert;

import dev.unisono.spi.Binding;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Target;
import dev.unisono.spi.TransactionLane;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A target that is given rows in the form of the engine. Safe for threads as the target is. */
record ConvertingTarget(String system, Target target, MemberForms forms) implements Target {
  @Override
  public int lanes() {
    return target.lanes();
  }

  @Override
  public int wantedLanes() {
    return target.wantedLanes();
  }

  @Override
  public void changeLanes(LaneCursor cursor) {
    target.changeLanes(cursor);
  }

  @Override
  public Lane open(int lane) {
    return new ConvertingLane(system, target.open(lane), forms);
  }

  @Override
  public boolean keepsTransactions() {
    return target.keepsTransactions();
  }

  @Override
  public TransactionLane openTransactions() {
    return new ConvertingTransactionLane(system, target.openTransactions(), forms);
  }

  @Override
  public void beginRepair(LaneCursor cursor) {
    target.beginRepair(cursor);
  }

  @Override
  public Optional<LaneCursor> repairing() {
    return target.repairing();
  }

  @Override
  public void endRepair() {
    target.endRepair();
  }

  @Override
  public KeyPage keys(Binding binding, @Nullable String after, int limit) {
    return target.keys(forms.member(binding), after, limit);
  }

  @Override
  public void close() {
    target.close();
  }
}
