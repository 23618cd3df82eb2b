package dev.unisono.server.operation;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Constraints.Reference;
import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an entity's records refer to, by the references that the config declares. Has no state. */
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

  /** Those to entities that callers are shown. */
  public static List<Relation> of(Entity entity, Config config, List<Entity> shown) {
    EntityConfig configured = config.entities().get(entity.name());
    List<Relation> relations = new ArrayList<>();
    if (configured == null) {
      return relations;
    }
    List<Reference> references = configured.constraints().references();
    for (Reference reference : references) {
      long alike =
          references.stream().filter(other -> other.entity().equals(reference.entity())).count();
      String name = alike == 1 ? reference.entity() : reference.fields().getFirst();
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
}
