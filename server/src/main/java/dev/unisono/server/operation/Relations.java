package dev.unisono.server.operation;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Constraints.Reference;
import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an entity's records refer to, and what refers to them, by the references and relations that
 * the config declares. Has no state.
 */
public final class Relations {
  private Relations() {}

  /**
   * A record that another one names by its key.
   *
   * @param name the name of the other entity; where several references lead to that, the name of
   *     the reference's first field
   * @param fields the positions of the fields that hold the other record's key, in key order
   */
  public record Relation(String name, Entity to, List<Integer> fields) {
    /** The key of the record that a row refers to; null where it refers to none. */
    public @Nullable Key key(Row row) {
      Object[] parts = new Object[fields.size()];
      for (int part = 0; part < parts.length; part++) {
        Object value = row.value(fields.get(part));
        if (value == null || value == Unchanged.UNCHANGED) {
          return null;
        }
        parts[part] = value;
      }
      return new Key(parts);
    }
  }

  /**
   * Records that name another one by its key.
   *
   * @param name their plural; where several of their references lead here, with the reference's
   *     first field behind it
   * @param fields their fields that hold the other record's key, in key order; all of them indexed
   */
  public record Referrers(String name, Entity from, List<String> fields) {}

  /** Those to entities that callers are shown. */
  public static List<Relation> of(Entity entity, Config config, List<Entity> shown) {
    List<Reference> references = references(entity, config);
    List<Relation> relations = new ArrayList<>();
    for (Reference reference : references) {
      String name =
          alone(reference, references) ? reference.entity() : reference.fields().getFirst();
      for (Entity other : shown) {
        if (other.name().equals(reference.entity())) {
          relations.add(
              new Relation(
                  name,
                  other,
                  reference.fields().stream().map(entity.schema()::position).toList()));
        }
      }
    }
    return relations;
  }

  /** Those from entities that callers are shown, which can be found by indexes. */
  public static List<Referrers> to(Entity entity, Config config, List<Entity> shown) {
    List<Referrers> referrers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    of(entity, config, shown).forEach(relation -> names.add(relation.name()));
    for (Entity other : shown) {
      List<Reference> references = references(other, config);
      for (Reference reference : references) {
        if (reference.entity().equals(entity.name())
            && other.indexed().containsAll(reference.fields())) {
          String name =
              alone(reference, references)
                  ? other.plural()
                  : other.plural() + "_by_" + reference.fields().getFirst();
          // What a record refers to goes first where both are called the same.
          if (names.add(name)) {
            referrers.add(new Referrers(name, other, reference.fields()));
          }
        }
      }
    }
    return referrers;
  }

  private static List<Reference> references(Entity entity, Config config) {
    EntityConfig configured = config.entities().get(entity.name());
    return configured == null ? List.of() : configured.constraints().relations();
  }

  /** Whether no other reference of the same records leads there. */
  private static boolean alone(Reference reference, List<Reference> references) {
    return references.stream().filter(other -> other.entity().equals(reference.entity())).count()
        == 1;
  }
}
