package dev.unisono.jdbc;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the logs that triggers write, and values as SQLite and H2 hold them: read, told to be
 * unfit, or refused; and what was read is written again.
 */
public final class FuzzLogRow {
  private static final List<ValueType> TYPES = types();
  private static final Binding BINDING = binding();
  private static final Shape SHAPE =
      new Shape(1, "t", List.of("c0"), TYPES.stream().map(FuzzLogRow::column).toList());
  private static final List<RowDecoder> DECODERS =
      List.of(
          new RowDecoder(BINDING, SHAPE, new SqliteTriggers(new SqliteDialect())),
          new RowDecoder(BINDING, SHAPE, new H2Triggers(new H2Dialect())));

  private FuzzLogRow() {}

  private static List<ValueType> types() {
    List<ValueType> types = new ArrayList<>(List.of(ValueType.values()));
    types.remove(ValueType.ARRAY);
    return List.copyOf(types);
  }

  private static List<@Nullable String> columns() {
    List<@Nullable String> columns = new ArrayList<>();
    TYPES.forEach(type -> columns.add(column(type)));
    return columns;
  }

  private static String column(ValueType type) {
    return "c" + TYPES.indexOf(type);
  }

  private static Binding binding() {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < TYPES.size(); i++) {
      fields.add(new Field("f" + i, TYPES.get(i), i == 0));
    }
    return new Binding("s", new Schema("e", fields, List.of("f0")), "t", columns(), "");
  }

  public static List<byte[]> seeds() {
    return Seeds.of(
        "4:true2:173:1.53:0.11:a4:00ff10:2026-01-318:13:45:0026:2026-01-31 13:45:00.00000136:00000000-0000-0000-0000-0000000000002:{}",
        "~!1:1~~~~~~~~~",
        "1e999999999",
        "2026-01-31 13:45:00+01:00",
        "infinity",
        "-Infinity");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    for (ValueType type : ValueType.values()) {
      Seeds.refused(() -> written(ValueText.read(type, text)));
      for (Object found : List.of(text, input, (long) input.length, (double) input.length)) {
        Seeds.refused(() -> written(SqliteValue.of(type, found)));
      }
    }
    Seeds.refused(() -> rows(H2LogReading.values(text)));
  }

  private static void rows(@Nullable List<@Nullable Object> values) {
    if (values == null) {
      return;
    }
    for (RowDecoder decoder : DECODERS) {
      Row row = decoder.row(values);
      if (RowDecoder.key(row) == null) {
        RowDecoder.unfitKey(row);
      }
      decoder.oldKey(values);
      for (int i = 0; i < row.schema().size(); i++) {
        written(row.value(i));
      }
    }
  }

  private static void written(@Nullable Object value) {
    if (value != null && value != Unchanged.UNCHANGED && !(value instanceof Unfit)) {
      ValueText.write(value);
    }
  }
}
