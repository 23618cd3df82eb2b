package dev.unisono.postgres;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether a column takes the values of another one as they are, or makes other words or less of
 * some of them; types as {@code format_type} writes them. Has no state.
 */
final class KeyForm {
  private static final Pattern WORDS = Pattern.compile("text|character varying(\\(\\d+\\))?");
  private static final Pattern PADDED = Pattern.compile("character(\\(\\d+\\))?");
  private static final Pattern NUMERIC = Pattern.compile("numeric(?:\\((\\d+),(\\d+)\\))?");
  private static final Pattern TIME =
      Pattern.compile("(time|timestamp)(?:\\((\\d)\\))? with(?:out)? time zone");

  /** Types that keep every text as it is. */
  private static final List<String> KEPT = List.of("text", "varchar");

  private static final List<String> WHOLE = List.of("smallint", "integer", "bigint", "oid");
  private static final List<String> FLOAT = List.of("real", "double precision");
  private static final int MOST_FRACTION_DIGITS = 6;

  private KeyForm() {}

  /**
   * True where a value of the source's column may be another one once it is in the target's.
   *
   * @param column the target's, as the catalog has it
   * @param type its type with length and precision
   */
  static boolean changes(Table.Column column, String type, String source) {
    if (type.equals(source)) {
      return false;
    }
    if (!column.exact()) {
      return true;
    }
    boolean fromPadded = PADDED.matcher(source).matches();
    if (column.type().name().equals("bpchar")) {
      return !fromPadded;
    }
    if (fromPadded || WORDS.matcher(source).matches()) {
      // A uuid, an address or a date is written in one way, whatever way it was read in.
      return column.type().schema().equals("pg_catalog")
          && column.type().kind() == 'b'
          && !KEPT.contains(column.type().name());
    }
    return losesDigits(type, source);
  }

  private static boolean losesDigits(String target, String source) {
    Matcher numeric = NUMERIC.matcher(target);
    if (numeric.matches()) {
      return numeric.group(2) != null && scale(source) > Integer.parseInt(numeric.group(2));
    }
    if (FLOAT.contains(target)) {
      return FLOAT.indexOf(source) < 0 || FLOAT.indexOf(source) > FLOAT.indexOf(target);
    }
    Matcher time = TIME.matcher(target);
    Matcher from = TIME.matcher(source);
    if (from.matches()) {
      return target.equals("date")
          || (time.matches() && fraction(time.group(2)) < fraction(from.group(2)));
    }
    return false;
  }

  /** The digits behind the point that a value may have. */
  private static int scale(String source) {
    Matcher numeric = NUMERIC.matcher(source);
    if (numeric.matches() && numeric.group(2) != null) {
      return Integer.parseInt(numeric.group(2));
    }
    return WHOLE.contains(source) ? 0 : Integer.MAX_VALUE;
  }

  private static int fraction(@Nullable String digits) {
    return digits == null ? MOST_FRACTION_DIGITS : Integer.parseInt(digits);
  }
}
