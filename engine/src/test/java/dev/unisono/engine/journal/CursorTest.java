package dev.unisono.engine.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CursorTest {
  @Test
  void readsItsOwnText() {
    for (Cursor cursor :
        new Cursor[] {
          new Cursor(0, 0),
          new Cursor(1_772_352_000_000_000L, 42),
          new Cursor(Long.MAX_VALUE, Long.MAX_VALUE),
          new Cursor(-1, 7)
        }) {
      assertEquals(Optional.of(cursor), Cursor.parse(cursor.text()));
    }
  }

  @Test
  void canStandInPathQueryAndHeaderAsItIs() {
    String text = new Cursor(-2, Long.MAX_VALUE - 1).text();
    assertTrue(text.matches("u1\\.[A-Za-z0-9_-]+"), text);
  }

  @Test
  void differsWhereEpochOrSequenceDo() {
    String text = new Cursor(5, 6).text();
    assertTrue(!text.equals(new Cursor(6, 5).text()) && !text.equals(new Cursor(5, 7).text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "u1.",
        "u2.AQAAAAAAAAAAAAAAAAAAAAA",
        "42",
        "u1.!!!",
        "u1.AQ",
        "u1.AAAAAAAAAAAAAAAAAAAAAAA",
        "u1.AQAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void isNoneOfOurs(String text) {
    assertEquals(Optional.empty(), Cursor.parse(text));
  }

  @Test
  void isNoneOfOursWithANegativeSequence() {
    assertEquals(Optional.empty(), Cursor.parse(new Cursor(1, -1).text()));
  }
}
