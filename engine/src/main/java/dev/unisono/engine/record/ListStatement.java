package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.RecordQuery.Place;
import dev.unisono.engine.record.RecordQuery.Sort;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of lists: statements over ordered columns and their parameters, all of them ordered
 * bytes. For one thread.
 */
final class ListStatement {
  /** The function of SQL that has {@link OrderedPattern#matches}. */
  static final String MATCHES = "pattern_matches";

  private final Entity entity;
  private final Schema schema;
  private final StringBuilder sql = new StringBuilder();
  private final List<byte[]> parameters = new ArrayList<>();

  private ListStatement(Entity entity) {
    this.entity = entity;
    this.schema = entity.schema();
  }

  String sql() {
    return sql.toString();
  }

  List<byte[]> parameters() {
    return Collections.unmodifiableList(parameters);
  }

  /** The records of a page and one more; in the order of the list, or against it. */
  static ListStatement page(Entity entity, RecordQuery query) {
    return page(entity, query, "version, changed, body, k");
  }

  /** Their keys alone; null where no index has all that is needed to find them. */
  static @Nullable ListStatement keys(Entity entity, RecordQuery query) {
    Set<String> fields = new HashSet<>();
    query.sort().forEach(sort -> fields.add(sort.field()));
    addFields(query.condition(), fields);
    return RecordTables.indexed(entity, fields) && present(entity, query) != null
        ? page(entity, query, "k")
        : null;
  }

  private static ListStatement page(Entity entity, RecordQuery query, String what) {
    ListStatement statement = new ListStatement(entity);
    statement.from(what, query.condition(), present(entity, query));
    boolean before = query.edge().before();
    Place place = query.edge().place();
    if (place != null) {
      statement.sql.append(" AND ");
      statement.beyond(query.sort(), place, before);
    }
    statement.sql.append(" ORDER BY ");
    for (Sort sort : query.sort()) {
      statement
          .sql
          .append(RecordTables.column(entity.schema(), sort.field()))
          .append(sort.descending() == before ? ", " : " DESC, ");
    }
    statement
        .sql
        .append(keyDescends(query.sort(), before) ? "k DESC" : "k")
        .append(" LIMIT ")
        .append(query.limit() + 1);
    return statement;
  }

  /** As the last field does, so that one walk through its index, either way, has them in order. */
  private static boolean keyDescends(List<Sort> sorts, boolean before) {
    return (!sorts.isEmpty() && sorts.getLast().descending()) != before;
  }

  static ListStatement count(Entity entity, Condition condition) {
    ListStatement statement = new ListStatement(entity);
    statement.from("count(*)", condition, present(entity, condition) ? "1" : null);
    return statement;
  }

  /** Where a record lies in a list of this order. */
  static Place place(Entity entity, List<Sort> sorts, Row row) {
    Schema schema = entity.schema();
    List<byte[]> values = new ArrayList<>();
    for (Sort sort : sorts) {
      int at = schema.position(sort.field());
      values.add(RecordTables.ordered(schema.field(at).type(), row.value(at)));
    }
    values.add(OrderedBytes.key(schema, row.schema().key(row)));
    return new Place(values);
  }

  /**
   * @param present what of an index says that a record is there; null where none does
   */
  private void from(String what, Condition condition, @Nullable String present) {
    sql.append("SELECT ").append(what).append(" FROM ").append(RecordTables.table(entity));
    sql.append(" WHERE ").append(present == null ? "body IS NOT NULL" : present).append(" AND ");
    write(condition);
  }

  /**
   * What says that a record is there without a look at it, since the ordered columns of deleted
   * ones are null; null where the query names no such column.
   */
  private static @Nullable String present(Entity entity, RecordQuery query) {
    if (present(entity, query.condition())) {
      return "1";
    }
    for (RecordQuery.Sort sort : query.sort()) {
      String column = RecordTables.column(entity.schema(), sort.field());
      if (!column.equals("k")) {
        return column + " IS NOT NULL";
      }
    }
    return null;
  }

  /** Whether no deleted record fulfils a condition: what compares null with anything is null. */
  private static boolean present(Entity entity, Condition condition) {
    return switch (condition) {
      case Condition.All all -> all.conditions().stream().anyMatch(each -> present(entity, each));
      case Condition.Any any -> any.conditions().stream().allMatch(each -> present(entity, each));
      case Condition.Compared compared -> ordered(entity, compared.field());
      case Condition.OneOf oneOf -> !oneOf.values().isEmpty() && ordered(entity, oneOf.field());
      case Condition.Like like -> ordered(entity, like.field());
      case Condition.Absent absent -> ordered(entity, absent.field());
    };
  }

  private static boolean ordered(Entity entity, String field) {
    return !RecordTables.column(entity.schema(), field).equals("k");
  }

  private static void addFields(Condition condition, Set<String> fields) {
    switch (condition) {
      case Condition.All all -> all.conditions().forEach(each -> addFields(each, fields));
      case Condition.Any any -> any.conditions().forEach(each -> addFields(each, fields));
      case Condition.Compared compared -> fields.add(compared.field());
      case Condition.OneOf oneOf -> fields.add(oneOf.field());
      case Condition.Like like -> fields.add(like.field());
      case Condition.Absent absent -> fields.add(absent.field());
    }
  }

  private void write(Condition condition) {
    switch (condition) {
      case Condition.All all -> join(all.conditions(), " AND ", "1");
      case Condition.Any any -> join(any.conditions(), " OR ", "0");
      case Condition.Compared compared -> compare(compared);
      case Condition.OneOf oneOf -> oneOf(oneOf);
      case Condition.Like like -> like(like);
      case Condition.Absent absent ->
          sql.append(column(absent.field())).append(absent.absent() ? " = x''" : " > x''");
    }
  }

  private void join(List<Condition> conditions, String by, String none) {
    if (conditions.isEmpty()) {
      sql.append(none);
      return;
    }
    sql.append('(');
    for (int i = 0; i < conditions.size(); i++) {
      sql.append(i == 0 ? "" : by);
      write(conditions.get(i));
    }
    sql.append(')');
  }

  private void compare(Condition.Compared compared) {
    String column = column(compared.field());
    String operator =
        switch (compared.comparison()) {
          case EQUAL -> " = ?";
          case DIFFERENT -> " <> ?";
          case GREATER -> " > ?";
          case GREATER_OR_EQUAL -> " >= ?";
          case LESS -> " < ?";
          case LESS_OR_EQUAL -> " <= ?";
        };
    sql.append('(').append(column).append(operator);
    if (compared.comparison() == Comparison.LESS
        || compared.comparison() == Comparison.LESS_OR_EQUAL) {
      sql.append(" AND ").append(column).append(" > x''");
    }
    sql.append(')');
    parameters.add(bytes(compared.field(), compared.value()));
  }

  private void oneOf(Condition.OneOf oneOf) {
    sql.append(column(oneOf.field())).append(oneOf.negated() ? " NOT IN (" : " IN (");
    for (int i = 0; i < oneOf.values().size(); i++) {
      sql.append(i == 0 ? "?" : ", ?");
      parameters.add(bytes(oneOf.field(), oneOf.values().get(i)));
    }
    sql.append(')');
  }

  /** What begins like the pattern is found by the index; the rest of it is asked of those alone. */
  private void like(Condition.Like like) {
    String column = column(like.field());
    if (like.pattern().parts().size() == 1) {
      sql.append(column).append(" = ?");
      parameters.add(OrderedBytes.text(like.pattern().parts().getFirst()));
      return;
    }
    byte[] from = OrderedPattern.from(like.pattern());
    sql.append('(').append(column).append(" > x'' AND ").append(column).append(" >= ?");
    parameters.add(from);
    byte[] below = OrderedPattern.successor(from);
    if (below != null) {
      sql.append(" AND ").append(column).append(" < ?");
      parameters.add(below);
    }
    byte[] parts = OrderedPattern.parts(like.pattern());
    if (parts != null) {
      sql.append(" AND ").append(MATCHES).append('(').append(column).append(", ?)");
      parameters.add(parts);
    }
    sql.append(')');
  }

  /**
   * (a, b, k) beyond a place, with a direction of its own for each. The first field's bound is said
   * apart, so that the index begins there; for the others the sign keeps SQLite from looking each
   * alternative up by itself and sorting all that it finds.
   */
  private void beyond(List<Sort> sorts, Place place, boolean before) {
    if (!sorts.isEmpty()) {
      sql.append(column(sorts.getFirst().field()))
          .append(sorts.getFirst().descending() == before ? " >= ?" : " <= ?")
          .append(" AND ");
      parameters.add(place.parts().getFirst());
    }
    for (int i = 0; i < sorts.size(); i++) {
      String column = "+" + column(sorts.get(i).field());
      sql.append('(')
          .append(column)
          .append(sorts.get(i).descending() == before ? " > ?" : " < ?")
          .append(" OR (")
          .append(column)
          .append(" = ? AND ");
      parameters.add(place.parts().get(i));
      parameters.add(place.parts().get(i));
    }
    sql.append(keyDescends(sorts, before) ? "k < ?" : "k > ?").append("))".repeat(sorts.size()));
    parameters.add(place.parts().getLast());
  }

  private String column(String field) {
    return RecordTables.column(schema, field);
  }

  private byte[] bytes(String field, Object value) {
    return RecordTables.ordered(schema.field(schema.position(field)).type(), value);
  }
}
