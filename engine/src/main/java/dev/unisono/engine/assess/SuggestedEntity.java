package dev.unisono.engine.assess;

import dev.unisono.spi.Schema;
import java.util.List;
import java.util.Optional;

/**
 * What a config should say of the rows of one table. Immutable.
 *
 * @param name of the entity
 * @param plural in the paths of its records
 * @param key its fields; empty where nothing tells rows apart
 * @param keyGuessed true where the system does not keep the key unique, and only the sample has it
 *     so
 * @param fields in the table's order; the name of each is that of its column
 * @param matches by which rows of several systems could be found to be the same record
 * @param leftOut columns that cannot be fields, with the reason
 */
public record SuggestedEntity(
    String name,
    String plural,
    List<String> key,
    boolean keyGuessed,
    List<SuggestedField> fields,
    List<Match> matches,
    List<String> leftOut) {
  public SuggestedEntity {
    key = List.copyOf(key);
    fields = List.copyOf(fields);
    matches = List.copyOf(matches);
    leftOut = List.copyOf(leftOut);
  }

  /** A rule by which records could be matched. */
  public record Match(List<String> fields, String reason) {
    public Match {
      fields = List.copyOf(fields);
    }
  }

  /** The schema of its rows; empty where there is no key. */
  public Optional<Schema> schema() {
    return key.isEmpty()
        ? Optional.empty()
        : Optional.of(new Schema(name, fields.stream().map(SuggestedField::field).toList(), key));
  }

  /** The same under another name. */
  public SuggestedEntity named(String otherName, String otherPlural) {
    return new SuggestedEntity(otherName, otherPlural, key, keyGuessed, fields, matches, leftOut);
  }

  /** Without some fields, of which none is of the key. */
  SuggestedEntity without(java.util.Set<String> names) {
    return new SuggestedEntity(
        name,
        plural,
        key,
        keyGuessed,
        fields.stream().filter(field -> !names.contains(field.name())).toList(),
        matches,
        leftOut);
  }
}
