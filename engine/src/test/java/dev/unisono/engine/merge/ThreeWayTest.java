package dev.unisono.engine.merge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Json;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Parts that only one side changed are taken from it, whichever it is. */
class ThreeWayTest {
  private static void assertMerged(
      String base, String present, String edited, String merged, boolean collided) {
    ThreeWay.Merged outcome =
        ThreeWay.merge(new Json(base), new Json(present), new Json(edited), true);
    assertEquals(new Json(merged), outcome.value());
    assertEquals(collided, outcome.collided());
  }

  @Test
  void membersOfObjectsAreMergedToAnyDepth() {
    assertMerged(
        "{\"a\":1,\"b\":{\"c\":1,\"d\":1},\"e\":1}",
        "{\"a\":2,\"b\":{\"c\":1,\"d\":2},\"e\":1}",
        "{\"a\":1,\"b\":{\"c\":3,\"d\":1},\"f\":1.50}",
        "{\"a\":2,\"b\":{\"c\":3,\"d\":2},\"f\":1.50}",
        false);
  }

  @Test
  void whatBothChangedIsTakenFromTheNewerSide() {
    assertMerged(
        "{\"a\":1,\"b\":1}", "{\"a\":2,\"b\":1}", "{\"a\":3,\"b\":3}", "{\"a\":3,\"b\":3}", true);
    assertEquals(
        new ThreeWay.Merged("present", true), ThreeWay.merge("base", "present", "edited", false));
  }

  @Test
  void elementsOfArraysComeAndGo() {
    assertMerged("{\"a\":[1,2,3]}", "{\"a\":[1,3,4]}", "{\"a\":[0,2,3]}", "{\"a\":[3,4,0]}", false);
    @Nullable Object[] merged =
        (Object[])
            ThreeWay.merge(
                    new Object[] {"a", "b"},
                    new Object[] {"a", "b", "c"},
                    new @Nullable Object[] {"b", null},
                    false)
                .value();
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        new @Nullable Object[] {"b", "c", null}, merged);
  }
}
