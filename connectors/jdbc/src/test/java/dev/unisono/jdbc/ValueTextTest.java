package dev.unisono.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ValueTextTest {
  @Test
  void readsDecimalWithAnExponent() {
    assertEquals(new BigDecimal("1.5e300"), ValueText.read(ValueType.DECIMAL, "1.5e300"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "-1e-999999999"})
  void refusesDecimalThatWouldFillTheMemoryWhereItIsWritten(String text) {
    assertThrows(IllegalArgumentException.class, () -> ValueText.read(ValueType.DECIMAL, text));
    assertThrows(IllegalArgumentException.class, () -> SqliteValue.of(ValueType.DECIMAL, text));
  }
}
