package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.convert.Conversion;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;

/**
 * How a member keeps the fields of an entity. Immutable.
 *
 * @param columns for each field in its order the column; null where the member does not keep it
 * @param conversions by field
 * @param naming by what its columns are named
 */
record MemberFields(
    List<@Nullable String> columns, Map<String, Conversion> conversions, NamingConvention naming) {
  static MemberFields read(YamlMap member, Schema schema, Direction direction) {
    YamlMap fields = member.optionalMap("fields");
    NamingConvention naming = naming(fields);
    List<String> known = schema.fields().stream().map(Field::name).toList();
    for (String field : fields.names()) {
      if (schema.find(field) == null && !field.equals(NamingConvention.ALL)) {
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
      String column =
          converted == null
              ? column(fields, field, naming)
              : converted.text("column", naming.apply(field));
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
    // What is only read may be two fields, where the config names its column twice.
    if (direction != Direction.READ || fields.has(NamingConvention.ALL)) {
      checkOnce(fields, known, columns);
    }
    return new MemberFields(columns, Map.copyOf(conversions), naming);
  }

  private static NamingConvention naming(YamlMap fields) {
    String word = fields.text(NamingConvention.ALL, NamingConvention.SAME.word());
    NamingConvention naming = NamingConvention.find(word);
    if (naming == null) {
      fields.note(
          NamingConvention.ALL,
          "wrong-value",
          "There is no naming convention '"
              + word
              + "'"
              + Nearest.question(word, NamingConvention.words()),
          "Use one of " + String.join(", ", NamingConvention.words()) + ".");
      return NamingConvention.SAME;
    }
    return naming;
  }

  private static void checkOnce(
      YamlMap fields, List<String> known, List<@Nullable String> columns) {
    for (int i = 0; i < known.size(); i++) {
      String column = columns.get(i);
      int first = column == null ? i : columns.indexOf(column);
      if (first < i) {
        fields.note(
            fields.has(known.get(i)) ? known.get(i) : NamingConvention.ALL,
            "column-twice",
            "The fields "
                + known.get(first)
                + " and "
                + known.get(i)
                + " both come to the column "
                + column
                + ".",
            "Name the column of one of them, or write null where there is none.");
      }
    }
  }

  /** What a new column of its table becomes. */
  UnaryOperator<String> fieldNames(Schema schema) {
    List<String> known = schema.fields().stream().map(Field::name).toList();
    return naming == NamingConvention.SAME
        ? UnaryOperator.identity()
        : column -> naming.field(column, known);
  }

  private static @Nullable String column(YamlMap fields, String field, NamingConvention naming) {
    if (!fields.has(field)) {
      return naming.apply(field);
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
