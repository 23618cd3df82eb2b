package dev.unisono.engine.convert;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One entity as the engine has it and as a member keeps it: the binding of each, and what leads
 * from the rows of one to those of the other. Immutable; safe for threads.
 */
final class MemberForm {
  /** As the engine knows it. */
  private final Binding entity;

  /** As the connector knows it. */
  private final Binding member;

  private final @Nullable Conversion[] conversions;
  private final int[] converted;

  MemberForm(Binding entity, Map<String, Conversion> byField) {
    Schema schema = entity.schema();
    List<Field> fields = new ArrayList<>();
    this.conversions = new @Nullable Conversion[schema.size()];
    for (int i = 0; i < schema.size(); i++) {
      Field field = schema.field(i);
      Conversion conversion = byField.get(field.name());
      conversions[i] = conversion;
      fields.add(
          conversion == null
              ? field
              : new Field(field.name(), conversion.stored(), field.required()));
    }
    List<String> key = new ArrayList<>();
    for (int part = 0; part < schema.keySize(); part++) {
      key.add(schema.field(schema.keyPosition(part)).name());
    }
    this.entity = entity;
    this.member = entity.with(new Schema(schema.name(), fields, key), entity.columns());
    this.converted =
        IntStream.range(0, schema.size()).filter(i -> conversions[i] != null).toArray();
  }

  Binding entity() {
    return entity;
  }

  Binding member() {
    return member;
  }

  /** What is none of a conversion's is unfit, and refused as such. */
  Row read(Row shown) {
    @Nullable Object[] values = shown.copyValues();
    for (int field : converted) {
      values[field] = read(field, values[field]);
    }
    return new Row(entity.schema(), values);
  }

  /** A row of the past; null where some of it was none of a conversion's, and so never known. */
  @Nullable Row readBefore(@Nullable Row shown) {
    if (shown == null) {
      return null;
    }
    Row row = read(shown);
    for (int field : converted) {
      if (row.value(field) instanceof Unfit) {
        return null;
      }
    }
    return row;
  }

  @Nullable Object read(int field, @Nullable Object stored) {
    Conversion conversion = conversions[field];
    if (conversion == null
        || stored == null
        || stored == Unchanged.UNCHANGED
        || stored instanceof Unfit) {
      return stored;
    }
    Object value = conversion.read(stored);
    if (value == null) {
      return unfit(conversion);
    }
    Object again = conversion.write(value);
    return again != null && same(again, stored) ? value : unfit(conversion);
  }

  private static Unfit unfit(Conversion conversion) {
    return new Unfit("something other than " + conversion.form());
  }

  private static boolean same(Object one, Object other) {
    if (one instanceof BigDecimal number && other instanceof BigDecimal another) {
      return number.compareTo(another) == 0;
    }
    return one.equals(other);
  }

  /**
   * A row to be written.
   *
   * @throws UnconvertibleException where it has a value that the column has no form for
   */
  Row write(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int field : converted) {
      Object value = values[field];
      Object stored = write(field, value);
      if (stored == null && value != null) {
        throw new UnconvertibleException(this, field);
      }
      values[field] = stored;
    }
    return new Row(member.schema(), values);
  }

  /** A row that is asked for; what it has no form for there, it is not asked for. */
  Row writeExpected(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int field : converted) {
      Object value = values[field];
      Object stored = write(field, value);
      values[field] = stored == null && value != null ? Unchanged.UNCHANGED : stored;
    }
    return new Row(member.schema(), values);
  }

  /** Null where it has no form there. */
  @Nullable Object write(int field, @Nullable Object value) {
    Conversion conversion = conversions[field];
    return conversion == null || value == null || value == Unchanged.UNCHANGED
        ? value
        : conversion.write(value);
  }

  /** What the column of a field holds, for people. */
  String form(int field) {
    Conversion conversion = conversions[field];
    return conversion == null ? "any value" : conversion.form();
  }
}
