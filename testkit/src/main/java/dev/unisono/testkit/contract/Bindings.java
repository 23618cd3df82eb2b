package dev.unisono.testkit.contract;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes bindings whose columns are named like their fields. Has no state. */
public final class Bindings {
  private Bindings() {}

  public static Field field(String name, ValueType type) {
    return new Field(name, type, false);
  }

  public static Binding of(String table, List<String> key, Field... fields) {
    String name = table.substring(table.indexOf('.') + 1);
    Schema schema = new Schema(name, List.of(fields), key);
    List<@Nullable String> columns = new ArrayList<>();
    schema.fields().forEach(field -> columns.add(field.name()));
    return new Binding(name, schema, table, columns, "syncs." + name + ".members[0]");
  }
}
