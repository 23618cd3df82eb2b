package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EventScanTest {
  private static final String EVENTS =
      """
      id: 1-7
      data: {"key":{"id":1000000007},"record":{"id":1000000007,"name":"x"}}

      data: {"key":{"id":1000000008},"record":{"id":1000000008,"name":"x"}}

      """;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void findsTheLastWholeNumber() {
    byte[] bytes = bytes(EVENTS);
    assertEquals(8, EventScan.number(bytes, EventScan.last(bytes, bytes.length)));
    int cut = EVENTS.lastIndexOf("8,\"name");
    assertEquals(7, EventScan.number(bytes, EventScan.last(bytes, cut)));
    assertEquals(8, EventScan.number(bytes, EventScan.last(bytes, cut + 1)));
    assertEquals(EventScan.NONE, EventScan.last(bytes, 20));
    assertEquals(EventScan.NONE, EventScan.last(bytes, 0));
  }

  @Test
  void findsEachNumberInTurn() {
    byte[] bytes = bytes(EVENTS);
    List<Integer> numbers = new ArrayList<>();
    for (int digits = EventScan.next(bytes, 0, bytes.length);
        digits != EventScan.NONE;
        digits = EventScan.next(bytes, digits, bytes.length)) {
      numbers.add(EventScan.number(bytes, digits));
    }
    assertEquals(List.of(7, 8), numbers);
  }
}
