package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.state.LearnedField;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Schema;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * Lays what sources have learned over a config: fields that it does not have, and columns that are
 * called otherwise by now. What the config says itself goes first, and without {@code
 * schema-change: evolve} nothing is laid over it. Has no state.
 */
public final class LearnedConfig {
  private LearnedConfig() {}

  /**
   * The config as it is in effect.
   *
   * @throws UnisonoException learned-field-differs where the config has a field of another type
   *     than was learned under that name
   */
  public static Config over(Config config, List<LearnedField> learned) {
    Map<String, EntityConfig> entities = new LinkedHashMap<>(config.entities());
    List<SyncConfig> syncs = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      List<LearnedField> ofSync =
          learned.stream().filter(field -> field.sync().equals(sync.name())).toList();
      Optional<MemberConfig> reader =
          sync.members().stream().filter(member -> member.direction() == Direction.READ).findAny();
      EntityConfig entity = entities.get(sync.entity());
      if (ofSync.isEmpty()
          || entity == null
          || reader.isEmpty()
          || sync.merges()
          || reader.get().binding().policy().schemaChange() != SchemaChange.EVOLVE) {
        syncs.add(sync);
        continue;
      }
      Binding read = reader.get().binding();
      List<LearnedField> added = added(entity, read, ofSync);
      EntityConfig evolved = evolved(entity, added);
      entities.put(sync.entity(), evolved);
      List<MemberConfig> members = new ArrayList<>();
      for (MemberConfig member : sync.members()) {
        List<@Nullable String> columns = new ArrayList<>(member.binding().columns());
        boolean reads = member.direction() == Direction.READ;
        if (reads) {
          follow(entity.schema(), columns, ofSync);
        }
        added.forEach(
            field -> columns.add(reads ? field.followed() : member.naming().apply(field.field())));
        members.add(
            new MemberConfig(
                member.system(),
                member.binding().with(evolved.schema(), columns),
                member.direction(),
                member.refusals(),
                member.collect(),
                member.deliver(),
                member.conversions(),
                member.naming()));
      }
      syncs.add(
          new SyncConfig(
              sync.name(),
              sync.entity(),
              List.copyOf(members),
              sync.firstLoad(),
              sync.deleteLimit(),
              sync.conflict(),
              sync.refresh()));
    }
    return new Config(
        config.server(),
        config.state(),
        config.webhooks(),
        config.access(),
        config.limits(),
        config.systems(),
        entities,
        List.copyOf(syncs));
  }

  /** Fields that the config has neither by their name nor by their column. */
  private static List<LearnedField> added(
      EntityConfig entity, Binding read, List<LearnedField> learned) {
    List<LearnedField> added = new ArrayList<>();
    for (LearnedField field : learned) {
      String schema = field.schema();
      if (schema == null) {
        continue;
      }
      Integer known = entity.schema().find(field.field());
      if (known != null) {
        checkType(entity.schema().field(known), field, schema);
      } else if (!read.columns().contains(field.followed())) {
        added.add(field);
      }
    }
    return added;
  }

  private static void checkType(Field known, LearnedField field, String schema) {
    Field wanted = read(field.field(), schema).field(known.required());
    if (!wanted.equals(known)) {
      throw new UnisonoException(
          new Problem(
              "learned-field-differs",
              ProblemType.USER,
              "The field "
                  + field.field()
                  + " of the sync "
                  + field.sync()
                  + " was learned from its column as "
                  + schema
                  + ", and the config has another type.",
              "syncs." + field.sync(),
              "Write " + schema + " in the entity's schema."));
    }
  }

  private static FieldReader.ReadField read(String field, String schema) {
    List<ConfigProblem> problems = new ArrayList<>();
    FieldReader.ReadField read =
        FieldReader.read(
            field,
            new YamlMap(
                field, new Yaml(new LoaderOptions()).compose(new StringReader(schema)), problems));
    if (read == null || !problems.isEmpty()) {
      throw new IllegalStateException("a schema that was learned is none: " + schema);
    }
    return read;
  }

  private static EntityConfig evolved(EntityConfig entity, List<LearnedField> added) {
    List<Field> fields = new ArrayList<>(entity.schema().fields());
    List<EntityField> described = new ArrayList<>(entity.fields());
    List<FieldRules> rules = new ArrayList<>(entity.rules());
    for (LearnedField field : added) {
      FieldReader.ReadField read = read(field.field(), String.valueOf(field.schema()));
      fields.add(read.field(false));
      described.add(read.described(false));
      rules.add(new FieldRules(List.of(), read.constraints(false)));
    }
    List<String> key = new ArrayList<>();
    for (int i = 0; i < entity.schema().keySize(); i++) {
      key.add(entity.schema().field(entity.schema().keyPosition(i)).name());
    }
    return new EntityConfig(
        entity.plural(),
        new Schema(entity.schema().name(), fields, key),
        described,
        rules,
        entity.indexed(),
        entity.compoundIndexes(),
        entity.served(),
        entity.match(),
        entity.rowChecks(),
        entity.constraints(),
        entity.schemaText(),
        entity.cacheAge());
  }

  /** The columns of fields that the config has, as they are called now. */
  private static void follow(
      Schema schema, List<@Nullable String> columns, List<LearnedField> learned) {
    for (LearnedField field : learned) {
      Integer position = schema.find(field.field());
      if (position != null && field.configured().equals(columns.get(position))) {
        columns.set(position, field.followed());
      }
    }
  }
}
