package dev.unisono.server.graphql;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.server.operation.Relations.Referrers;
import dev.unisono.server.operation.Relations.Relation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One entity as the schema shows it: what its types and fields are called there. Immutable; safe
 * for threads.
 *
 * @param type the name of its record's type; other types of it begin with that
 * @param one the field that finds a record by its key
 * @param many the field that lists records
 * @param names GraphQL's names of its fields, in the order of the entity's
 * @param arguments GraphQL's names of its key's parts as arguments, in key order
 * @param related the relations by GraphQL's names
 * @param referring what refers to its records, by GraphQL's names
 */
record Shown(
    Entity entity,
    String type,
    String one,
    String many,
    List<String> names,
    List<String> arguments,
    Map<String, Relation> related,
    Map<String, Referrers> referring) {
  /** What a record's type has beside the entity's fields. */
  static final String VERSION = "_version";

  static final String CHANGED = "_changed";

  /** What stands beside the parts of a key as arguments. */
  private static final Set<String> ARGUMENTS = Set.of("record", "ifVersion");

  private static final List<String> TYPES =
      List.of("Page", "Filter", "Order", "OrderField", "Input", "Written", "Image", "Key", "Event");

  static Shown of(
      Entity entity,
      List<Relation> relations,
      List<Referrers> referrers,
      Names types,
      Names fields) {
    Names members = new Names(Set.of(VERSION, CHANGED, "and", "or"));
    List<String> names = entity.fields().stream().map(field -> members.free(field.name())).toList();
    Names taken = new Names(ARGUMENTS);
    List<String> arguments = new ArrayList<>();
    for (int part = 0; part < entity.schema().keySize(); part++) {
      arguments.add(taken.free(names.get(entity.schema().keyPosition(part))));
    }
    Map<String, Relation> related = new LinkedHashMap<>();
    for (Relation relation : relations) {
      related.put(members.free(relation.name()), relation);
    }
    Map<String, Referrers> referring = new LinkedHashMap<>();
    for (Referrers each : referrers) {
      referring.put(members.free(each.name()), each);
    }
    String type = types.free(Names.type(entity.name()));
    TYPES.forEach(suffix -> types.free(type + suffix));
    return new Shown(
        entity,
        type,
        fields.free(Names.field(entity.name())),
        fields.free(Names.field(entity.plural())),
        names,
        List.copyOf(arguments),
        Collections.unmodifiableMap(related),
        Collections.unmodifiableMap(referring));
  }

  /** The entity's name of a field. */
  String fieldOf(String name) {
    return entity.fields().get(names.indexOf(name)).name();
  }

  /** GraphQL's name of a field. */
  String nameOf(EntityField field) {
    return names.get(entity.schema().position(field.name()));
  }
}
