package dev.unisono.engine.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class TextExpressionTest {
  private static TextExpression compiled(String text) throws UnfitExpression {
    return TextExpression.compile(text);
  }

  @Test
  void givesAnotherText() throws Exception {
    assertEquals("AB12", compiled("value.replace('-', '')").apply("A-B-12"));
    assertEquals(
        "none", compiled("value.startsWith('x') ? 'none' : value.substring(0, 2)").apply("xyz"));
  }

  @Test
  void givesNoValueWhereItSaysNull() throws Exception {
    assertNull(compiled("value == '' ? null : value").apply(""));
  }

  @Test
  void leavesAValueForWhichItFails() throws Exception {
    assertEquals("a", compiled("value.substring(3)").apply("a"));
  }

  @Test
  void isRefusedWhereItGivesNoText() {
    assertThrows(UnfitExpression.class, () -> compiled("value.size()"));
    assertThrows(UnfitExpression.class, () -> compiled("valeu"));
  }
}
