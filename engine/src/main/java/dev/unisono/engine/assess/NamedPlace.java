package dev.unisono.engine.assess;

import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A name and a postal code, which together seldom are those of two: counts rows that have both as a
 * row before them has. For one thread.
 */
final class NamedPlace {
  private final List<Integer> positions;
  private final List<String> fields;
  private final DistinctValues seen = new DistinctValues();
  private long repeated;

  private NamedPlace(List<Integer> positions, List<String> fields) {
    this.positions = positions;
    this.fields = fields;
  }

  /** Null where no fields are called so. */
  static @Nullable NamedPlace of(Schema schema) {
    Optional<Field> code = called(schema, FieldName.POSTAL_CODE);
    List<Field> names = new ArrayList<>();
    called(schema, FieldName.LAST_NAME)
        .or(() -> called(schema, FieldName.NAME))
        .ifPresent(names::add);
    called(schema, FieldName.FIRST_NAME).ifPresent(names::add);
    if (code.isEmpty() || names.isEmpty()) {
      return null;
    }
    names.add(code.get());
    return new NamedPlace(
        names.stream().map(field -> schema.position(field.name())).toList(),
        names.stream().map(Field::name).toList());
  }

  private static Optional<Field> called(Schema schema, FieldName name) {
    return schema.fields().stream()
        .filter(field -> field.type() == ValueType.STRING && name.in(field.name()))
        .findFirst();
  }

  void add(Row row) {
    StringBuilder all = new StringBuilder();
    for (int position : positions) {
      String part = row.value(position) instanceof String text ? TextProfile.alike(text) : "";
      if (part.isEmpty()) {
        return; // Who has no name is not somebody else without one.
      }
      all.append(part).append('\n');
    }
    repeated += seen.add(DistinctValues.hash(all)) ? 0 : 1;
  }

  void settle() {
    seen.settle();
  }

  List<String> fields() {
    return fields;
  }

  long repeated() {
    return repeated;
  }
}
