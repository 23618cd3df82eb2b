package dev.unisono.engine.constraint;

import dev.unisono.engine.constraint.EntityConstraints.ReferenceRule;
import dev.unisono.engine.constraint.EntityConstraints.UniqueRule;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.Severity;
import dev.unisono.engine.validate.Shape;
import dev.unisono.spi.Key;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Looks whether a record fits to the others. Immutable; safe for threads. */
final class Judge {
  /**
   * What stands against a record.
   *
   * @param awaits the name of what must come or go
   * @param remedy for the people who decide: it may name another record
   */
  record Objection(Finding finding, Severity severity, String awaits, String remedy) {}

  /**
   * What stands against it.
   *
   * @param unchecked true where something that it refers to is not known yet, and may never come
   */
  record Verdict(List<Objection> objections, boolean unchecked) {
    List<Objection> of(Severity severity) {
      return objections.stream().filter(each -> each.severity() == severity).toList();
    }

    List<Finding> findings(Severity severity) {
      return of(severity).stream().map(Objection::finding).toList();
    }
  }

  private final IntPredicate whole;

  /**
   * @param whole whether all records of the entity of a number are known
   */
  Judge(IntPredicate whole) {
    this.whole = whole;
  }

  /** By this name a letter waits until a value is free. */
  static String valueName(int entity, int rule, byte[] value) {
    return valueNames(entity) + rule + "/" + HexFormat.of().formatHex(value);
  }

  /** What the names of all values of an entity begin with. */
  static String valueNames(int entity) {
    return "value/" + entity + "/";
  }

  /** By this name a letter waits until a record is there. */
  static String recordName(int entity, byte[] key) {
    return "record/" + entity + "/" + HexFormat.of().formatHex(key);
  }

  /**
   * What stands against a record's values.
   *
   * @param key its key as it is stored
   * @param was the key that it had before; the same where it keeps it
   * @param digests what must be unique of it, by rule
   * @param passed its values that have passed before: what is unique of them, and what a person has
   *     let through, is not asked anew; null where all is asked
   */
  Verdict judge(
      ConstraintTable table,
      EntityConstraints of,
      byte[] key,
      byte[] was,
      @Nullable Object[] values,
      List<byte @Nullable []> digests,
      @Nullable Object @Nullable [] passed)
      throws SQLException {
    List<Objection> objections = new ArrayList<>(0);
    int entity = of.entity().id();
    for (UniqueRule rule : of.unique()) {
      byte[] value = digests.get(rule.number());
      boolean settled =
          value != null
              && passed != null
              && of.same(rule, values, passed)
              && table.holds(entity, rule.number(), value, was);
      byte[] holder =
          value == null || settled ? null : table.holder(entity, rule.number(), value, key, was);
      if (value != null && holder != null) {
        objections.add(taken(of, rule, value, StoredKey.read(holder), values));
      }
    }
    boolean unchecked = false;
    for (ReferenceRule rule : of.references()) {
      byte[] referred = EntityConstraints.referred(rule, values);
      int to = rule.to().id();
      boolean itself = to == entity && Arrays.equals(referred, key);
      boolean settled =
          passed != null
              && rule.severity() == Severity.QUARANTINE
              && Arrays.equals(referred, EntityConstraints.referred(rule, passed));
      if (referred == null || itself || settled || table.parts(to, referred) != null) {
        continue;
      }
      if (whole.test(to)) {
        objections.add(missing(rule, referred, values));
      } else {
        unchecked = true;
      }
    }
    return new Verdict(objections, unchecked);
  }

  private static Objection taken(
      EntityConstraints of, UniqueRule rule, byte[] value, Key holder, @Nullable Object[] values) {
    String name = of.entity().name();
    return new Objection(
        new Finding(
            "value-taken",
            field(rule.fields()),
            names(rule.fields()),
            shape(rule.parts(), values),
            names(rule.fields())
                + (rule.fields().size() == 1 ? " is" : " are together")
                + " the same in another "
                + name
                + "."),
        rule.severity(),
        valueName(of.entity().id(), rule.number(), value),
        "It is the same in "
            + name
            + " "
            + text(holder)
            + ". Correct one of both at its source; once that one has another value or is deleted,"
            + " this is taken up by itself.");
  }

  private static Objection missing(ReferenceRule rule, byte[] referred, @Nullable Object[] values) {
    String name = rule.to().name();
    return new Objection(
        new Finding(
            "reference-missing",
            field(rule.fields()),
            names(rule.fields()),
            shape(rule.parts(), values),
            names(rule.fields())
                + (rule.fields().size() == 1 ? " refers" : " refer")
                + " to no "
                + name
                + "."),
        rule.severity(),
        recordName(rule.to().id(), referred),
        "There is no "
            + name
            + " "
            + text(StoredKey.read(referred))
            + ". Once it has come, this is taken up by itself. It may be a dead letter itself.");
  }

  /** Several fields are of the row as a whole. */
  private static String field(List<String> fields) {
    return fields.size() == 1 ? fields.getFirst() : "";
  }

  private static String names(List<String> fields) {
    return String.join(", ", fields);
  }

  private static String shape(List<Integer> parts, @Nullable Object[] values) {
    return parts.size() == 1 ? Shape.of(values[parts.getFirst()]) : "";
  }

  private static String text(Key key) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < key.size(); i++) {
      parts.add(EntityJson.text(key.part(i)));
    }
    return String.join(",", parts);
  }
}
