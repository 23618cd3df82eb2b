package dev.unisono.engine.assess;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.SurveyedTable.Column;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a table is bound that no config knows yet. Has no state. */
public final class SampleBinding {
  private SampleBinding() {}

  /** For a sample: all columns that can be read; empty where there are none. */
  public static Optional<Binding> of(SurveyedTable table) {
    List<Field> fields = new ArrayList<>();
    for (Column column : table.columns()) {
      ValueType type = column.type();
      if (type != null) {
        fields.add(new Field(column.name(), type, column.items(), false));
      }
    }
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    List<String> names = fields.stream().map(Field::name).toList();
    boolean keyed = !table.primaryKey().isEmpty() && names.containsAll(table.primaryKey());
    List<String> key = keyed ? table.primaryKey() : List.of(names.getFirst());
    return Optional.of(bound(table, new Schema(EntityName.plain(table.name()), fields, key)));
  }

  /** As it would be synced; empty where nothing tells its rows apart. */
  public static Optional<Binding> of(SurveyedTable table, SuggestedEntity entity) {
    return entity.schema().map(schema -> bound(table, schema));
  }

  private static Binding bound(SurveyedTable table, Schema schema) {
    List<@Nullable String> columns = new ArrayList<>();
    schema.fields().forEach(field -> columns.add(field.name()));
    return new Binding("assess " + table.name(), schema, table.name(), columns, path(table.name()));
  }

  /** Where problems of a table are said to be. */
  static String path(String table) {
    return "tables." + table;
  }
}
