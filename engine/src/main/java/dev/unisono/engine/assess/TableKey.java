package dev.unisono.engine.assess;

import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.SurveyedTable.Column;
import dev.unisono.spi.ValueType;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the system itself says of what tells a table's rows apart. Has no state. */
public final class TableKey {
  private static final Set<ValueType> NO_KEY =
      EnumSet.of(ValueType.DOUBLE, ValueType.JSON, ValueType.ARRAY);

  private TableKey() {}

  /** The columns of the primary key, or of the smallest unique one in which nothing is null. */
  public static Optional<List<String>> declared(SurveyedTable table) {
    if (canBe(table, table.primaryKey(), true)) {
      return Optional.of(table.primaryKey());
    }
    return table.uniqueKeys().stream()
        .filter(key -> canBe(table, key, false))
        .min(Comparator.comparingInt(List::size));
  }

  /** Whether columns can be a record's key by their types. */
  static boolean canBe(SurveyedTable table, List<String> names, boolean nullable) {
    return !names.isEmpty()
        && names.stream()
            .allMatch(name ->
                table.columns().stream()
                    .anyMatch(column -> column.name().equals(name) && canBe(column, nullable)));
  }

  private static boolean canBe(Column column, boolean nullable) {
    ValueType type = column.type();
    return type != null && !NO_KEY.contains(type) && (nullable || !column.nullable());
  }
}
