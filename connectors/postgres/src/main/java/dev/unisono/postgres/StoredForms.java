package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Projection;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a table's columns make of values that are written to them, as PostgreSQL's manual has it:
 * numbers and fractions of a second are rounded half away from zero, a time from the year 2000 on
 * or before it, a char is filled with blanks. What a column refuses is not told here. Immutable;
 * safe for threads.
 */
final class StoredForms implements Projection {
  private static final Pattern SIZES = Pattern.compile("\\((-?\\d+)(?:,(-?\\d+))?\\)");

  /** From which PostgreSQL counts. */
  private static final Instant ZERO = Instant.parse("2000-01-01T00:00:00Z");

  /** What PostgreSQL counts of a second. */
  private static final int DIGITS = 6;

  /** So many tell any two floating point numbers apart. */
  private static final int MOST_DIGITS = 17;

  /** Of a domain the type that it is over. */
  private static final String TYPES =
      "SELECT a.attname, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE"
          + " format_type(a.atttypid, a.atttypmod) END FROM pg_attribute a JOIN pg_type t ON t.oid ="
          + " a.atttypid WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped";

  private final List<UnaryOperator<Object>> forms;

  private StoredForms(List<UnaryOperator<Object>> forms) {
    this.forms = List.copyOf(forms);
  }

  static Projection of(Connection connection, Binding binding) throws SQLException {
    Map<String, String> types = new HashMap<>();
    Optional<Table> table = Table.find(connection, binding.table());
    if (table.isPresent()) {
      try (PreparedStatement select = connection.prepareStatement(TYPES)) {
        select.setLong(1, table.get().relation());
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            types.put(row.getString(1), row.getString(2));
          }
        }
      }
    }
    List<UnaryOperator<Object>> forms = new ArrayList<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      String type = column == null ? null : types.get(column);
      forms.add(type == null ? value -> value : form(type, binding.schema().field(i).type()));
    }
    return new StoredForms(forms);
  }

  @Override
  public @Nullable Object project(int field, @Nullable Object value) {
    return value == null ? null : forms.get(field).apply(value);
  }

  private static UnaryOperator<Object> form(String type, ValueType field) {
    Matcher sizes = SIZES.matcher(type);
    boolean sized = sizes.find();
    int first = sized ? Integer.parseInt(String.valueOf(sizes.group(1))) : 0;
    int end = type.indexOf('(');
    String plain = end < 0 ? type : type.substring(0, end);
    return switch (plain) {
      case "numeric" -> sized ? rounded(second(sizes)) : value -> value;
      case "real" -> value -> real(value, field);
      case "double precision" -> value -> floating(value, field);
      case "timestamp", "time" -> sized ? times(first) : value -> value;
      case "character" -> field == ValueType.STRING ? filled(first) : value -> value;
      case "character varying" -> sized ? fitted(first) : value -> value;
      default -> value -> value;
    };
  }

  private static int second(Matcher sizes) {
    String digits = sizes.group(2);
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  private static UnaryOperator<Object> rounded(int scale) {
    return value ->
        value instanceof BigDecimal number
            ? number.setScale(scale, RoundingMode.HALF_UP).setScale(Math.max(scale, 0))
            : value;
  }

  private static Object real(Object value, ValueType field) {
    if (!(value instanceof BigDecimal) && !(value instanceof Double)) {
      return value;
    }
    float kept = Float.parseFloat(value.toString());
    return Float.isNaN(kept) || Float.isInfinite(kept)
        ? value
        : number(shortest(kept, Math.nextDown(kept), Math.nextUp(kept)), field);
  }

  private static Object floating(Object value, ValueType field) {
    if (!(value instanceof BigDecimal number)) {
      return value;
    }
    double kept = number.doubleValue();
    return Double.isInfinite(kept)
        ? value
        : number(shortest(kept, Math.nextDown(kept), Math.nextUp(kept)), field);
  }

  private static Object number(BigDecimal number, ValueType field) {
    return field == ValueType.DECIMAL ? number : (Object) number.doubleValue();
  }

  /**
   * The shortest number that lies nearer to one that is kept than to those beside it, as PostgreSQL
   * shows it: Java takes one that lies just between them, too.
   */
  private static BigDecimal shortest(double kept, double below, double above) {
    BigDecimal exact = new BigDecimal(kept);
    if (Double.isInfinite(below) || Double.isInfinite(above)) {
      return exact;
    }
    BigDecimal two = BigDecimal.valueOf(2);
    BigDecimal least = exact.add(new BigDecimal(below)).divide(two);
    BigDecimal most = exact.add(new BigDecimal(above)).divide(two);
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
      BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.compareTo(least) > 0 && rounded.compareTo(most) < 0) {
        return rounded;
      }
    }
    return exact;
  }

  private static UnaryOperator<Object> times(int digits) {
    long micros = 1;
    for (int i = digits; i < DIGITS; i++) {
      micros *= 10;
    }
    long step = micros;
    return value ->
        switch (value) {
          case Instant time when !time.equals(Instant.MAX) && !time.equals(Instant.MIN) ->
              ZERO.plus(rounded(ZERO.until(time, ChronoUnit.MICROS), step), ChronoUnit.MICROS);
          case LocalTime time -> {
            long rounded = rounded(time.toNanoOfDay() / 1_000, step);
            // Up to the end of the day, which is no time of it.
            yield rounded * 1_000 > LocalTime.MAX.toNanoOfDay()
                ? time
                : LocalTime.ofNanoOfDay(rounded * 1_000);
          }
          default -> value;
        };
  }

  private static long rounded(long count, long step) {
    long away = count < 0 ? -(step / 2) : step / 2;
    return (count + away) / step * step;
  }

  private static UnaryOperator<Object> filled(int length) {
    UnaryOperator<Object> fitted = fitted(length);
    return value -> {
      if (!(fitted.apply(value) instanceof String text)) {
        return value;
      }
      int missing = length - text.codePointCount(0, text.length());
      return missing > 0 ? text + " ".repeat(missing) : text;
    };
  }

  /** Blanks that there is no room for are left out. */
  private static UnaryOperator<Object> fitted(int length) {
    return value -> {
      if (!(value instanceof String text) || text.codePointCount(0, text.length()) <= length) {
        return value;
      }
      int end = text.offsetByCodePoints(0, length);
      return text.substring(end).chars().allMatch(c -> c == ' ') ? text.substring(0, end) : value;
    };
  }
}
