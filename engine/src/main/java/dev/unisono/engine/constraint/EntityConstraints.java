package dev.unisono.engine.constraint;

import dev.unisono.engine.config.Constraints;
import dev.unisono.engine.config.Constraints.Reference;
import dev.unisono.engine.config.Constraints.Unique;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.Bytes;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.engine.state.ValueCodec;
import dev.unisono.engine.validate.Severity;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of one entity's records beside others, over the few of their values that it
 * concerns: a record is known by those alone. Without any it is one that others refer to.
 * Immutable.
 */
final class EntityConstraints {
  private static final int DIGEST_BYTES = 16;

  /**
   * No two have the same.
   *
   * @param number tells it from the others of its entity
   * @param parts which of the values that are known
   */
  record UniqueRule(int number, List<String> fields, List<Integer> parts, Severity severity) {}

  /**
   * What it refers to is there.
   *
   * @param parts which of the values that are known
   */
  record ReferenceRule(List<String> fields, List<Integer> parts, Entity to, Severity severity) {}

  private final Entity entity;

  /** Where the values that are known stand in a row. */
  private final int[] positions;

  private final List<UniqueRule> unique;
  private final List<ReferenceRule> references;

  private EntityConstraints(
      Entity entity, int[] positions, List<UniqueRule> unique, List<ReferenceRule> references) {
    this.entity = entity;
    this.positions = positions;
    this.unique = List.copyOf(unique);
    this.references = List.copyOf(references);
  }

  /**
   * Compiles what the config asks.
   *
   * @param entities all of them by name
   */
  static EntityConstraints of(Entity entity, Constraints asked, Map<String, Entity> entities) {
    Schema schema = entity.schema();
    TreeSet<Integer> known = new TreeSet<>();
    asked.unique().forEach(rule -> rule.fields().forEach(field -> known.add(at(schema, field))));
    asked
        .references()
        .forEach(rule -> rule.fields().forEach(field -> known.add(at(schema, field))));
    int[] positions = known.stream().mapToInt(Integer::intValue).toArray();
    List<UniqueRule> unique = new ArrayList<>();
    for (Unique rule : asked.unique()) {
      unique.add(
          new UniqueRule(
              unique.size(),
              rule.fields(),
              parts(schema, positions, rule.fields()),
              rule.severity()));
    }
    List<ReferenceRule> references = new ArrayList<>();
    for (Reference rule : asked.references()) {
      references.add(
          new ReferenceRule(
              rule.fields(),
              parts(schema, positions, rule.fields()),
              Objects.requireNonNull(entities.get(rule.entity())),
              rule.severity()));
    }
    return new EntityConstraints(entity, positions, unique, references);
  }

  private static int at(Schema schema, String field) {
    return Objects.requireNonNull(schema.find(field));
  }

  private static List<Integer> parts(Schema schema, int[] positions, List<String> fields) {
    return fields.stream().map(field -> Arrays.binarySearch(positions, at(schema, field))).toList();
  }

  Entity entity() {
    return entity;
  }

  List<UniqueRule> unique() {
    return unique;
  }

  List<ReferenceRule> references() {
    return references;
  }

  /** False where others refer to it, and nothing else is asked. */
  boolean asks() {
    return positions.length > 0;
  }

  /**
   * Everything on which what is known of a record depends: another text, and all of it has to be
   * read again.
   */
  String form() {
    StringBuilder form = new StringBuilder();
    for (int position : positions) {
      Field field = entity.schema().field(position);
      form.append(field.type()).append(' ').append(field.name()).append('\n');
    }
    for (UniqueRule rule : unique) {
      form.append(rule.fields()).append('\n');
    }
    // What refers to others is judged when it is read, so it has to be.
    for (ReferenceRule rule : references) {
      form.append(rule.fields()).append(" -> ").append(rule.to().name()).append('\n');
    }
    return form.toString();
  }

  /**
   * The values of a record that are known here; UNCHANGED where that cannot be told.
   *
   * @param before what was known of it
   */
  @Nullable Object[] values(Row row, @Nullable Object @Nullable [] before) {
    @Nullable Object[] values = new @Nullable Object[positions.length];
    for (int i = 0; i < values.length; i++) {
      Object value = row.value(positions[i]);
      values[i] = value == Unchanged.UNCHANGED && before != null ? before[i] : value;
    }
    return values;
  }

  byte[] write(@Nullable Object[] values) {
    Bytes out = new Bytes(32 * values.length);
    for (int i = 0; i < values.length; i++) {
      ValueCodec.write(out, entity.schema().field(positions[i]), values[i]);
    }
    return out.toByteArray();
  }

  @Nullable Object @Nullable [] read(byte @Nullable [] written) {
    if (written == null) {
      return null;
    }
    Bytes in = new Bytes(written);
    @Nullable Object[] values = new @Nullable Object[positions.length];
    for (int i = 0; i < values.length; i++) {
      Field field = entity.schema().field(positions[i]);
      values[i] = ValueCodec.read(in, field.type(), field.items());
    }
    return values;
  }

  /** What must be unique of a record, by rule, as digests; null where nothing is asked. */
  List<byte @Nullable []> digests(@Nullable Object[] values) {
    List<byte @Nullable []> digests = new ArrayList<>(unique.size());
    for (UniqueRule rule : unique) {
      digests.add(digest(rule, values));
    }
    return digests;
  }

  /** Whether a rule's values are the same, as far as that can be told at once. */
  boolean same(UniqueRule rule, @Nullable Object[] one, @Nullable Object[] other) {
    for (int part : rule.parts()) {
      if (!Objects.deepEquals(one[part], other[part])) {
        return false;
      }
    }
    return true;
  }

  /** What must be unique, as a digest: values are of any length. Null where nothing is asked. */
  byte @Nullable [] digest(UniqueRule rule, @Nullable Object @Nullable [] values) {
    if (values == null) {
      return null;
    }
    Bytes out = new Bytes(64);
    for (int part : rule.parts()) {
      Object value = values[part];
      if (value == null || value == Unchanged.UNCHANGED) {
        return null;
      }
      // Decimals are equal by value, whatever their scale.
      Object compared = value instanceof BigDecimal number ? number.stripTrailingZeros() : value;
      ValueCodec.write(out, entity.schema().field(positions[part]), compared);
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return Arrays.copyOf(digest.digest(out.toByteArray()), DIGEST_BYTES);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  /** The key of what is referred to, as it is stored; null where it refers to nothing. */
  static byte @Nullable [] referred(ReferenceRule rule, @Nullable Object[] values) {
    Object[] key = new Object[rule.parts().size()];
    for (int i = 0; i < key.length; i++) {
      Object value = values[rule.parts().get(i)];
      if (value == null || value == Unchanged.UNCHANGED) {
        return null;
      }
      key[i] = value;
    }
    return StoredKey.write(rule.to(), new Key(key));
  }
}
