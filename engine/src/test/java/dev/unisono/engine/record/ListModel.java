package dev.unisono.engine.record;

import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.RecordQuery.Sort;
import dev.unisono.spi.Row;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a list must show, told from rows themselves and not from their bytes. Has no state. */
final class ListModel {
  private ListModel() {}

  static List<Row> list(List<Row> all, Condition condition, List<Sort> sorts, List<String> key) {
    Comparator<Row> order = (_, _) -> 0;
    for (Sort sort : sorts) {
      Comparator<Row> by = by(sort.field());
      order = order.thenComparing(sort.descending() ? by.reversed() : by);
    }
    boolean descending = !sorts.isEmpty() && sorts.getLast().descending();
    for (String part : key) {
      order = order.thenComparing(descending ? by(part).reversed() : by(part));
    }
    return all.stream().filter(row -> holds(condition, row)).sorted(order).toList();
  }

  private static Comparator<Row> by(String field) {
    return (one, other) -> {
      Object a = one.value(field);
      Object b = other.value(field);
      return a == null || b == null ? Boolean.compare(a != null, b != null) : compare(a, b);
    };
  }

  static boolean holds(Condition condition, Row row) {
    return switch (condition) {
      case Condition.All all -> all.conditions().stream().allMatch(each -> holds(each, row));
      case Condition.Any any -> any.conditions().stream().anyMatch(each -> holds(each, row));
      case Condition.Absent absent -> (row.value(absent.field()) == null) == absent.absent();
      case Condition.Compared compared ->
          compared(row.value(compared.field()), compared.comparison(), compared.value());
      case Condition.OneOf oneOf -> {
        Object value = row.value(oneOf.field());
        boolean found =
            value != null && oneOf.values().stream().anyMatch(one -> compare(value, one) == 0);
        yield found != oneOf.negated();
      }
      case Condition.Like like -> {
        String expression =
            String.join(".*", like.pattern().parts().stream().map(Pattern::quote).toList());
        yield row.value(like.field()) instanceof String text
            && Pattern.compile(expression, Pattern.DOTALL).matcher(text).matches();
      }
    };
  }

  private static boolean compared(@Nullable Object value, Comparison comparison, Object with) {
    if (value == null) {
      return comparison == Comparison.DIFFERENT;
    }
    int sign = compare(value, with);
    return switch (comparison) {
      case EQUAL -> sign == 0;
      case DIFFERENT -> sign != 0;
      case GREATER -> sign > 0;
      case GREATER_OR_EQUAL -> sign >= 0;
      case LESS -> sign < 0;
      case LESS_OR_EQUAL -> sign <= 0;
    };
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static int compare(Object one, Object other) {
    return switch (one) {
      case String text ->
          Arrays.compare(text.codePoints().toArray(), ((String) other).codePoints().toArray());
      case byte[] bytes -> Arrays.compareUnsigned(bytes, (byte[]) other);
      case UUID uuid -> uuid.toString().compareTo(other.toString());
      case BigDecimal number when other instanceof Double special ->
          special.isNaN() || special > 0 ? -1 : 1;
      case Double special when other instanceof BigDecimal ->
          special.isNaN() || special > 0 ? 1 : -1;
      case Double number ->
          // There is one zero.
          Double.compare(number == 0 ? 0.0 : number, (Double) other == 0 ? 0.0 : (Double) other);
      case Comparable comparable -> comparable.compareTo(other);
      default -> throw new IllegalArgumentException("no order: " + one);
    };
  }
}
