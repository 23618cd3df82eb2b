package dev.unisono.engine.merge;

import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.match.FuzzyMatcher;
import dev.unisono.engine.match.FuzzyMatcher.Block;
import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The values by which the records of one entity are found: those of exact rules, and the blocks of
 * fuzzy ones. For the writer's thread.
 */
final class MatchIndex {
  private static final int PORTION = 500;

  private final MergePlan plan;
  private final int entity;

  MatchIndex(MergePlan plan) {
    this.plan = plan;
    this.entity = plan.entity().id();
  }

  /**
   * What a record is found by. Immutable.
   *
   * @param rule the names of the fields and, of a block, how the value was made
   */
  record Value(String rule, String text) {
    /** As people write them. */
    String fields() {
      return rule.strip().replace("\n", ", ");
    }
  }

  /** By each exact rule what a row has of its fields; none of rules of which it lacks a value. */
  List<Value> exact(Row row) {
    List<Value> values = new ArrayList<>();
    for (int[] fields : plan.match()) {
      StringBuilder rule = new StringBuilder();
      StringBuilder text = new StringBuilder();
      boolean whole = true;
      for (int field : fields) {
        Object value = row.value(field);
        whole &= value != null && value != Unchanged.UNCHANGED;
        if (whole && value != null) {
          String part = text(value);
          rule.append(plan.entity().schema().field(field).name()).append('\n');
          // With its length: no two lists of values have the same text.
          text.append(part.length()).append(':').append(part);
        }
      }
      if (whole) {
        values.add(new Value(rule.toString(), text.toString()));
      }
    }
    return values;
  }

  private static String text(Object value) {
    return value instanceof BigDecimal number
        ? number.stripTrailingZeros().toPlainString()
        : EntityJson.text(value);
  }

  static Value of(Block block) {
    return new Value(block.rule(), block.value());
  }

  private Set<Value> all(Row row) {
    Set<Value> values = new LinkedHashSet<>(exact(row));
    for (FuzzyMatcher matcher : plan.fuzzy()) {
      matcher.blocks(row).forEach(block -> values.add(of(block)));
    }
    return values;
  }

  /** The oldest records of a value. */
  List<Long> find(Connection connection, Value value, int limit) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT record FROM merge_match WHERE entity = ? AND rule = ? AND value = ?"
                + " ORDER BY record LIMIT ?")) {
      select.setInt(1, entity);
      select.setString(2, value.rule());
      select.setString(3, value.text());
      select.setInt(4, limit);
      List<Long> found = new ArrayList<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          found.add(row.getLong(1));
        }
      }
      return found;
    }
  }

  /**
   * Keeps the values up by which a record is found. One that was deleted is still found by those it
   * had: who makes a row anew means the same.
   */
  void moved(Connection connection, long record, Row before, Row after) throws SQLException {
    if (Arrays.deepEquals(before.copyValues(), after.copyValues())) {
      return;
    }
    Set<Value> old = all(before);
    Set<Value> now = all(after);
    for (Value value : old) {
      if (!now.contains(value)) {
        change(
            connection,
            "DELETE FROM merge_match WHERE entity = ? AND rule = ? AND value = ? AND record = ?",
            value,
            record);
      }
    }
    for (Value value : now) {
      if (!old.contains(value)) {
        add(connection, value, record);
      }
    }
  }

  private void add(Connection connection, Value value, long record) throws SQLException {
    change(connection, "INSERT OR IGNORE INTO merge_match VALUES (?, ?, ?, ?)", value, record);
  }

  private void change(Connection connection, String statement, Value value, long record)
      throws SQLException {
    try (PreparedStatement change = connection.prepareStatement(statement)) {
      change.setInt(1, entity);
      change.setString(2, value.rule());
      change.setString(3, value.text());
      change.setLong(4, record);
      change.executeUpdate();
    }
  }

  /** Makes the index anew where it was made by other rules. */
  void prepare(Connection connection, MergeTable table, MergeCodec codec) throws SQLException {
    String fact = "match-rules-" + entity;
    String rules = rules();
    if (rules.equals(MergeTable.fact(connection, fact))) {
      return;
    }
    boolean whole = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM merge_match WHERE entity = ?")) {
        delete.setInt(1, entity);
        delete.executeUpdate();
      }
      Place place = Place.BEGINNING;
      while (true) {
        List<Place> places = MergeTable.all(connection, entity, place, PORTION);
        if (places.isEmpty()) {
          break;
        }
        for (Place each : places) {
          Key key = StoredKey.read(each.key());
          byte[] record = Objects.requireNonNull(table.find(connection, entity, each.key()));
          for (Value value : all(codec.read(key, record).image())) {
            add(connection, value, (Long) key.part(0));
          }
        }
        place = places.getLast();
      }
      MergeTable.setFact(connection, fact, rules);
      if (whole) {
        connection.commit();
      }
    } finally {
      connection.setAutoCommit(whole);
    }
  }

  /** What the values follow from. */
  private String rules() {
    StringBuilder rules = new StringBuilder();
    for (int[] fields : plan.match()) {
      for (int field : fields) {
        rules.append(plan.entity().schema().field(field).name()).append(' ');
      }
      rules.append(';');
    }
    plan.fuzzy().forEach(matcher -> rules.append(matcher.rule().block()).append(';'));
    return rules.toString();
  }
}
