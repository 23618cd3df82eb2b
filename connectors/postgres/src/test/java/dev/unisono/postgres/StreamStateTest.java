package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class StreamStateTest {
  @Test
  void readsItsOwnText() {
    for (StreamState state :
        new StreamState[] {
          new StreamState(0, 0, 0),
          new StreamState(0x16B3748L, 0x16B3800L, 20_000),
          new StreamState(0x7FFF_FFFF_FFFF_FFFFL, -1, Long.MAX_VALUE),
          new StreamState(Long.MIN_VALUE, 0xFFFF_FFFFL, 1)
        }) {
      assertEquals(state, StreamState.parse(state.text()));
    }
  }

  @Test
  void writesPositionsAsPostgresDoes() {
    assertEquals("0/16B3748 1/0 7", new StreamState(0x16B3748L, 1L << 32, 7).text());
  }
}
