package dev.unisono.engine.repair;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.EngineState;
import dev.unisono.spi.KeyPage;
import org.jspecify.annotations.Nullable;

/** Holds the keys of what sources that tell rows again have told. Safe for threads. */
final class ToldKeys implements KeyHolder {
  private final EngineState state;

  ToldKeys(EngineState state) {
    this.state = state;
  }

  @Override
  public String holderName() {
    return "told";
  }

  @Override
  public boolean keeps(Entity entity) {
    return state.keepsTold(entity);
  }

  /** It is written with the journal. */
  @Override
  public long through() {
    return state.journal().head().sequence();
  }

  @Override
  public KeyPage keys(Entity entity, @Nullable String after, int limit) {
    return state.toldKeys(entity, after, limit);
  }
}
