package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Json;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import io.debezium.data.Enum;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of one binding of the Debezium engine's rows of one form of its table. Immutable; safe
 * for threads.
 */
final class RowDecoder {
  private static final int FIELD_BYTES = 24;

  private final Binding binding;

  /**
   * For each field of the binding where its column is in the engine's rows; null where it is not.
   */
  private final @Nullable Field[] columns;

  /**
   * @param form of the engine's rows
   */
  RowDecoder(Binding binding, Schema form) {
    this.binding = binding;
    this.columns = new @Nullable Field[binding.schema().size()];
    for (int i = 0; i < columns.length; i++) {
      String column = binding.column(i);
      columns[i] = column == null ? null : form.field(column);
    }
  }

  Binding binding() {
    return binding;
  }

  Row row(Struct given) {
    @Nullable Object[] values = new @Nullable Object[columns.length];
    for (int i = 0; i < values.length; i++) {
      Field column = columns[i];
      if (column != null) {
        values[i] = value(i, given, column);
      } else {
        // A column that is gone, or not there yet: what there is of it stays as it is.
        values[i] = binding.column(i) == null ? null : Unchanged.UNCHANGED;
      }
    }
    return new Row(binding.schema(), values);
  }

  private @Nullable Object value(int position, Struct given, Field column) {
    // A null stays null, whatever default the column has.
    Object value = given.getWithoutDefault(column.name());
    if (value == null) {
      return null;
    }
    try {
      if (Enum.LOGICAL_NAME.equals(column.schema().name())) {
        // The engine joins what a column allows by commas, and so writes those within otherwise.
        return value.toString().replace("\\,", ",");
      }
      return LogValues.read(binding.schema().field(position), value);
    } catch (RuntimeException unfit) {
      throw new UnisonoException(
          new Problem(
              "value-out-of-range",
              ProblemType.USER,
              "A value of "
                  + binding.table()
                  + "."
                  + column.name()
                  + " cannot be the field "
                  + binding.schema().field(position).name()
                  + ": "
                  + Failures.firstLine(unfit.getMessage())
                  + ".",
              binding.configPath() + ".fields." + binding.schema().field(position).name(),
              "Give the field a type that holds it, or write null for its column, and reload the"
                  + " config: reading goes on at this row."),
          unfit);
    }
  }

  /** About how many bytes a row takes in memory. */
  static int sizeBytes(Row row) {
    int size = 0;
    for (int i = 0; i < row.schema().size(); i++) {
      size += FIELD_BYTES;
      Object value = row.value(i);
      if (value instanceof String text) {
        size += text.length();
      } else if (value instanceof byte[] bytes) {
        size += bytes.length;
      } else if (value instanceof Json json) {
        size += json.text().length();
      }
    }
    return size;
  }
}
