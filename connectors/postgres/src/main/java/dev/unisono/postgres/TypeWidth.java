package dev.unisono.postgres;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which of two column types of one family can hold what the other cannot; types as {@code
 * format_type} writes them. Has no state.
 */
final class TypeWidth {
  private static final List<String> WHOLE = List.of("smallint", "integer", "bigint", "numeric");
  private static final List<String> FLOAT = List.of("real", "double precision");
  private static final Pattern TEXT = Pattern.compile("(text|character varying)(?:\\((\\d+)\\))?");
  private static final Pattern FIXED = Pattern.compile("character\\((\\d+)\\)");
  private static final Pattern NUMERIC = Pattern.compile("numeric(?:\\((\\d+),(\\d+)\\))?");

  private TypeWidth() {}

  /** The type that a column must have to hold all of the source's; empty where it can already. */
  static Optional<String> wider(String target, String source) {
    if (target.equals(source)) {
      return Optional.empty();
    }
    Matcher numericTarget = NUMERIC.matcher(target);
    Matcher numericSource = NUMERIC.matcher(source);
    if (numericTarget.matches() && numericSource.matches()) {
      return numeric(numericTarget, numericSource);
    }
    int whole = WHOLE.indexOf(target);
    if (whole >= 0) {
      boolean more = WHOLE.indexOf(source) > whole || numericSource.matches();
      return more ? Optional.of(source) : Optional.empty();
    }
    int floating = FLOAT.indexOf(target);
    if (floating >= 0) {
      return FLOAT.indexOf(source) > floating ? Optional.of(source) : Optional.empty();
    }
    return text(target, source);
  }

  private static Optional<String> numeric(Matcher target, Matcher source) {
    if (target.group(1) == null) {
      return Optional.empty();
    }
    if (source.group(1) == null) {
      return Optional.of("numeric");
    }
    int scale = Math.max(number(target.group(2)), number(source.group(2)));
    int before =
        Math.max(
            number(target.group(1)) - number(target.group(2)),
            number(source.group(1)) - number(source.group(2)));
    String wider = "numeric(" + (before + scale) + "," + scale + ")";
    return wider.equals(target.group()) ? Optional.empty() : Optional.of(wider);
  }

  private static Optional<String> text(String target, String source) {
    Matcher bounded = TEXT.matcher(target);
    Matcher text = TEXT.matcher(source);
    Matcher fixedTarget = FIXED.matcher(target);
    Matcher fixed = FIXED.matcher(source);
    if (bounded.matches() && bounded.group(2) != null) {
      if (text.matches()) {
        return text.group(2) == null || number(text.group(2)) > number(bounded.group(2))
            ? Optional.of(source)
            : Optional.empty();
      }
      return fixed.matches() && number(fixed.group(1)) > number(bounded.group(2))
          ? Optional.of("character varying(" + fixed.group(1) + ")")
          : Optional.empty();
    }
    boolean longer =
        fixedTarget.matches()
            && fixed.matches()
            && number(fixed.group(1)) > number(fixedTarget.group(1));
    return longer ? Optional.of(source) : Optional.empty();
  }

  private static int number(@Nullable String digits) {
    return Integer.parseInt(String.valueOf(digits));
  }
}
