package dev.unisono.testkit.contract;

import static dev.unisono.testkit.contract.Bindings.field;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of the one shape of table that the contract is tried on. Decimals are equal by value.
 * Immutable.
 *
 * @param id the key, a 64-bit integer
 * @param name text of up to 200 characters
 * @param number a 64-bit integer
 * @param price a decimal with up to 14 digits before the point and 6 behind it
 * @param ratio a 64-bit floating-point number
 */
public record Item(
    long id,
    @Nullable String name,
    @Nullable Long number,
    @Nullable BigDecimal price,
    @Nullable Double ratio) {
  public Item {
    price = price == null ? null : price.stripTrailingZeros();
  }

  /** One whose other values are of no interest. */
  public static Item of(long id, @Nullable String name) {
    return new Item(id, name, id, BigDecimal.valueOf(id % 1_000), 0.5);
  }

  static Binding binding(String table) {
    return Bindings.of(
        table,
        List.of("id"),
        field("id", ValueType.LONG),
        field("name", ValueType.STRING),
        field("number", ValueType.LONG),
        field("price", ValueType.DECIMAL),
        field("ratio", ValueType.DOUBLE));
  }

  static Item of(Row row) {
    if (!(row.value(0) instanceof Long id)) {
      throw new AssertionError("no key: " + Replica.text(row));
    }
    return new Item(
        id,
        (String) row.value(1),
        (Long) row.value(2),
        (BigDecimal) row.value(3),
        (Double) row.value(4));
  }

  Row row(Binding binding) {
    return new Row(binding.schema(), new @Nullable Object[] {id, name, number, price, ratio});
  }

  Key key() {
    return new Key(id);
  }
}
