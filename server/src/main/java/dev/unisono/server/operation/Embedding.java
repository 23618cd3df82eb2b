package dev.unisono.server.operation;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.Records;
import dev.unisono.server.operation.Relations.Referrers;
import dev.unisono.server.operation.Relations.Relation;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Records that stand inside those that refer to them, or to which they refer, under {@code
 * _embedded}. Each that is referred to is looked up once. Of one answer.
 */
public final class Embedding {
  private static final String MEMBER = "_embedded";

  /** Finds records as the caller may see them. */
  interface Finder {
    Optional<EntityRecord> find(Entity entity, Key key);

    /** The first of those whose fields have these values, in the order of their keys. */
    Records.Page referrers(Referrers referrers, List<Object> key);
  }

  private final List<Relation> relations;
  private final List<Referrers> referrers;
  private final Finder finder;
  private final Map<Entity, Map<Key, Optional<EntityRecord>>> found = new HashMap<>();

  private Embedding(List<Relation> relations, List<Referrers> referrers, Finder finder) {
    this.relations = relations;
    this.referrers = referrers;
    this.finder = finder;
  }

  /**
   * Reads the parameter {@code embed}: names of relations, with commas between.
   *
   * @param text null for none
   * @throws Refusal 400 unknown-relation
   */
  static Embedding parse(
      @Nullable String text,
      Entity entity,
      List<Relation> relations,
      List<Referrers> referrers,
      Finder finder) {
    Set<String> names = new LinkedHashSet<>();
    List<String> known =
        Stream.concat(
                relations.stream().map(Relation::name), referrers.stream().map(Referrers::name))
            .toList();
    for (String name : text == null ? new String[0] : text.split(",", -1)) {
      if (!known.contains(name)) {
        throw new Refusal(
            400,
            "unknown-relation",
            known.isEmpty()
                ? "The config declares no reference of "
                    + entity.plural()
                    + " to other records, nor one to them."
                : entity.plural()
                    + " have no relation '"
                    + name
                    + "'"
                    + Nearest.question(name, known),
            "embed");
      }
      names.add(name);
    }
    return new Embedding(
        relations.stream().filter(each -> names.contains(each.name())).toList(),
        referrers.stream().filter(each -> names.contains(each.name())).toList(),
        finder);
  }

  /** Writes a record that is there, with what it refers to and what refers to it. */
  public void write(JsonGenerator json, FieldSelection fields, EntityRecord record)
      throws IOException {
    if (relations.isEmpty() && referrers.isEmpty()) {
      fields.write(json, record);
      return;
    }
    Row row = Objects.requireNonNull(record.row(), "it was deleted");
    json.writeStartObject();
    fields.writeMembers(json, row);
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
    for (Referrers each : referrers) {
      writeReferrers(json, each, row);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void writeReferrers(JsonGenerator json, Referrers each, Row row) throws IOException {
    List<Object> key = new ArrayList<>();
    for (int part = 0; part < row.schema().keySize(); part++) {
      key.add(Objects.requireNonNull(row.value(row.schema().keyPosition(part))));
    }
    Records.Page page = finder.referrers(each, key);
    json.writeObjectFieldStart(each.name());
    json.writeArrayFieldStart("items");
    for (EntityRecord record : page.records()) {
      EntityJson.writeRow(json, each.from(), Objects.requireNonNull(record.row()));
    }
    json.writeEndArray();
    if (page.next() != null) {
      json.writeStringField("next", PageToken.encode("", page.next()));
    } else {
      json.writeNullField("next");
    }
    json.writeEndObject();
  }

  /** Null where the record refers to none, or that is not there. */
  private @Nullable Row other(Relation relation, Row row) {
    Key named = relation.key(row);
    if (named == null) {
      return null;
    }
    return found
        .computeIfAbsent(relation.to(), _ -> new HashMap<>())
        .computeIfAbsent(named, key -> finder.find(relation.to(), key))
        .map(EntityRecord::row)
        .orElse(null);
  }
}
