package dev.unisono.engine.config;

import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads by which fields the records of an entity are found and ordered. Has no state. */
final class IndexReader {
  private static final String KEY = "index";
  private static final int MOST_FIELDS = 8;

  private IndexReader() {}

  /**
   * What can be asked for.
   *
   * @param fields each by itself; the key's and those of compound indexes are among them
   * @param compound several fields together, in their order
   */
  record Indexes(Set<String> fields, List<List<String>> compound) {}

  /** Reads a list of names, with lists of names in it. */
  static Indexes read(YamlMap map, Schema schema, Set<String> known) {
    List<Node> single = new ArrayList<>();
    List<List<String>> compound = new ArrayList<>();
    Set<String> fields = new HashSet<>();
    for (Node element : map.elements(KEY)) {
      if (element instanceof SequenceNode several) {
        compound(map, several, schema, known, compound);
      } else {
        single.add(element);
      }
    }
    fields.addAll(
        orderly(map, EntityReader.named(map, KEY, map.texts(KEY, single), known), schema));
    compound.forEach(fields::addAll);
    for (int i = 0; i < schema.keySize(); i++) {
      fields.add(schema.field(schema.keyPosition(i)).name());
    }
    return new Indexes(Set.copyOf(fields), List.copyOf(compound));
  }

  private static void compound(
      YamlMap map,
      SequenceNode several,
      Schema schema,
      Set<String> known,
      List<List<String>> into) {
    List<String> names = map.texts(KEY, several.getValue());
    List<String> found = orderly(map, EntityReader.named(map, KEY, names, known), schema);
    if (names.size() < 2 || names.size() > MOST_FIELDS) {
      map.note(
          several,
          KEY,
          "out-of-range",
          "An index of several fields has from 2 to " + MOST_FIELDS + ".",
          "Name a single field without a list of its own.");
    } else if (into.contains(found)) {
      map.note(several, KEY, "named-twice", found + " stands there twice.", "Name it once.");
    } else {
      into.add(List.copyOf(found));
    }
  }

  /** All of them, but what has no order is told. */
  private static List<String> orderly(YamlMap map, List<String> fields, Schema schema) {
    for (String field : fields) {
      ValueType type = schema.field(schema.position(field)).type();
      if (type == ValueType.JSON || type == ValueType.ARRAY) {
        map.note(
            KEY,
            "not-indexable",
            "'" + field + "' has no order.",
            "Index fields of single values only.");
      }
    }
    return fields;
  }
}
