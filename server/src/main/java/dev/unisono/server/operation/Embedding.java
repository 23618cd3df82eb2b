package dev.unisono.server.operation;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.server.operation.Relations.Relation;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Records that stand inside those that refer to them, under {@code _embedded}. Each is looked up
 * once. Of one answer.
 */
public final class Embedding {
  private static final String MEMBER = "_embedded";

  private final List<Relation> relations;
  private final BiFunction<Entity, Key, Optional<EntityRecord>> lookup;
  private final Map<Entity, Map<Key, Optional<EntityRecord>>> found = new HashMap<>();

  private Embedding(
      List<Relation> relations, BiFunction<Entity, Key, Optional<EntityRecord>> lookup) {
    this.relations = relations;
    this.lookup = lookup;
  }

  /**
   * Reads the parameter {@code embed}: names of relations, with commas between.
   *
   * @param text null for none
   * @param lookup finds a record as the caller may see it
   * @throws Refusal 400 unknown-relation
   */
  public static Embedding parse(
      @Nullable String text,
      Entity entity,
      List<Relation> known,
      BiFunction<Entity, Key, Optional<EntityRecord>> lookup) {
    List<Relation> relations = new ArrayList<>();
    for (String name : text == null ? new String[0] : text.split(",", -1)) {
      List<String> names = known.stream().map(Relation::name).toList();
      Relation relation =
          known.stream()
              .filter(each -> each.name().equals(name))
              .findAny()
              .orElseThrow(() ->
                  new Refusal(
                      400,
                      "unknown-relation",
                      names.isEmpty()
                          ? "The config declares no reference of "
                              + entity.plural()
                              + " to other records."
                          : entity.plural()
                              + " have no relation '"
                              + name
                              + "'"
                              + Nearest.question(name, names),
                      "embed"));
      if (!relations.contains(relation)) {
        relations.add(relation);
      }
    }
    return new Embedding(relations, lookup);
  }

  /** Writes a record as an object, with what it refers to. */
  public void write(JsonGenerator json, FieldSelection fields, Row row) throws IOException {
    json.writeStartObject();
    fields.writeMembers(json, row);
    if (!relations.isEmpty()) {
      json.writeObjectFieldStart(MEMBER);
      for (Relation relation : relations) {
        json.writeFieldName(relation.name());
        Row other = other(relation, row);
        if (other == null) {
          json.writeNull();
        } else {
          EntityJson.writeRow(json, relation.to(), other);
        }
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  /** Null where the record refers to none, or that is not there. */
  private @Nullable Row other(Relation relation, Row row) {
    Object[] parts = new Object[relation.fields().size()];
    for (int part = 0; part < parts.length; part++) {
      Object value = row.value(relation.fields().get(part));
      if (value == null || value == Unchanged.UNCHANGED) {
        return null;
      }
      parts[part] = value;
    }
    return found
        .computeIfAbsent(relation.to(), _ -> new HashMap<>())
        .computeIfAbsent(new Key(parts), key -> lookup.apply(relation.to(), key))
        .map(EntityRecord::row)
        .orElse(null);
  }
}
