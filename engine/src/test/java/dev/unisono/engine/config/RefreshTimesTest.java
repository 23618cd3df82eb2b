package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class RefreshTimesTest {
  @Test
  void aTextThatTheParserFailsAtIsRefused() {
    for (String text : new String[] {"|", "0 | \ufffd** \ufffd*", "", "* * * *", "1 | 2 | 3"}) {
      assertThrows(IllegalArgumentException.class, () -> RefreshTimes.parse(text), text);
    }
  }
}
