package dev.unisono.engine.record;

import static dev.unisono.engine.fixture.Entities.entity;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is held of records goes when they change, also where they are read at that moment. */
final class RecentRecordsTest {
  private static final Entity THING = entity(1, "thing", List.of("id LONG"), List.of("id"), "id");
  private static final Key KEY = new Key(1L);
  private static final byte[] ORDERED = OrderedBytes.key(THING.schema(), KEY);
  private static final RecentRecords.Read READ =
      new RecentRecords.Read(new EntityRecord(KEY, 1, null, Instant.EPOCH, true), 10);

  private final RecentRecords recent = new RecentRecords();

  @Test
  void whatIsReadWhileAllIsForgottenIsNotHeld() {
    // What it gives is what its own reading saw; nobody after it is given that.
    assertNotNull(
        recent.get(
            THING,
            ORDERED,
            () -> {
              recent.forgetAll();
              return READ;
            }));
    assertNull(recent.held(THING, ORDERED));
    assertNotNull(recent.get(THING, ORDERED, () -> READ));
    assertNotNull(recent.held(THING, ORDERED));
  }

  @Test
  void aKeyIsForgottenAndWhatWasNeverThereIsNotHeld() {
    assertNull(recent.get(THING, ORDERED, () -> null));
    assertNull(recent.held(THING, ORDERED));
    recent.get(THING, ORDERED, () -> READ);
    recent.forget(THING, List.of(KEY));
    assertNull(recent.held(THING, ORDERED));
  }

  @Test
  void whatWasReadBeforeAChangeIsNotKeptAfterIt() {
    recent.keep(THING, ORDERED, READ, () -> false);
    assertNull(recent.held(THING, ORDERED));
    recent.keep(THING, ORDERED, READ, () -> true);
    assertNotNull(recent.held(THING, ORDERED));
  }
}
