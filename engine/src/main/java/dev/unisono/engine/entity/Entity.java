package dev.unisono.engine.entity;

import dev.unisono.spi.Schema;
import java.util.List;
import java.util.Set;

/**
 * One thing that is kept in unison, as the config declares it. Immutable; safe for threads.
 *
 * @param id a small number, fixed in the state when the entity is first seen; journal entries carry
 *     it
 * @param plural its name in paths: {@code /v1/{plural}}
 * @param schema the row's shape; {@code schema.name()} is the entity's name
 * @param fields what the JSON Schema says of each field, in the order of {@code schema}
 * @param indexed the fields that can be filtered and sorted by, the key's included
 * @param compoundIndexes several of them that are looked up together, in their order
 * @param served false where the doors do not show it
 */
public record Entity(
    int id,
    String plural,
    Schema schema,
    List<EntityField> fields,
    Set<String> indexed,
    List<List<String>> compoundIndexes,
    boolean served) {
  /** An entity whose records are found by one field at a time. */
  public Entity(
      int id,
      String plural,
      Schema schema,
      List<EntityField> fields,
      Set<String> indexed,
      boolean served) {
    this(id, plural, schema, fields, indexed, List.of(), served);
  }

  public String name() {
    return schema.name();
  }

  /** Each entry of the journal is looked up by its entity: not all fields are gone through. */
  @Override
  public int hashCode() {
    return id;
  }
}
