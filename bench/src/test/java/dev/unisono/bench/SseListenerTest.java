package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class SseListenerTest {
  private static final String EVENT =
      "data: {\"key\":{\"id\":7},\"record\":{\"id\":42,\"due\":\"1767225600000006\"}}";

  @Test
  void readsNumbersPlainAndQuoted() {
    int record = EVENT.indexOf("\"record\"");
    assertEquals(42, SseListener.number(EVENT, "\"id\":", record));
    assertEquals(1767225600000006L, SseListener.number(EVENT, "\"due\":", record));
    assertEquals(7, SseListener.number(EVENT, "\"id\":", 0));
  }

  @Test
  void saysWhichNumberIsMissing() {
    assertThrows(BenchFailure.class, () -> SseListener.number(EVENT, "\"sum\":", 0));
  }
}
