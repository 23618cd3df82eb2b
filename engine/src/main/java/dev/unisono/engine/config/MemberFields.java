package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.convert.Conversion;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;

/**
 * How a member keeps the fields of an entity. Immutable.
 *
 * @param columns for each field in its order the column; null where the member does not keep it
 * @param conversions by field
 */
record MemberFields(List<@Nullable String> columns, Map<String, Conversion> conversions) {
  static MemberFields read(YamlMap member, Schema schema) {
    YamlMap fields = member.optionalMap("fields");
    List<String> known = schema.fields().stream().map(Field::name).toList();
    for (String field : fields.names()) {
      if (schema.find(field) == null) {
        fields.note(
            fields.keyNode(field),
            field,
            "unknown-field",
            schema.name() + " has no field '" + field + "'" + Nearest.question(field, known),
            "Fields: " + String.join(", ", known) + ".");
      }
    }
    List<@Nullable String> columns = new ArrayList<>();
    Map<String, Conversion> conversions = new HashMap<>();
    for (int i = 0; i < known.size(); i++) {
      String field = known.get(i);
      YamlMap converted =
          fields.has(field) && fields.node(field) instanceof MappingNode ? fields.map(field) : null;
      String column = converted == null ? column(fields, field) : converted.text("column", field);
      if (column == null && schema.isKey(i)) {
        fields.note(
            field, "key-without-column", "The key needs a column in every member.", "Name it.");
      }
      columns.add(column);
      if (converted != null) {
        conversion(converted, schema, i)
            .ifPresent(conversion -> conversions.put(field, conversion));
      }
    }
    return new MemberFields(columns, Map.copyOf(conversions));
  }

  private static @Nullable String column(YamlMap fields, String field) {
    if (!fields.has(field)) {
      return field;
    }
    return fields.isNull(field) ? null : fields.text(field);
  }

  private static Optional<Conversion> conversion(YamlMap map, Schema schema, int position) {
    map.check(ConfigKeys.CONVERTED_FIELD);
    Field field = schema.field(position);
    if (schema.isKey(position)) {
      map.note(
          "convert",
          "key-converted",
          "'" + field.name() + "' is the key, which is the same everywhere.",
          "Leave the conversion out; a key of another form is another record.");
      return Optional.empty();
    }
    return map.isNull("convert")
        ? Optional.empty()
        : ConversionReader.read(map.map("convert"), field);
  }
}
