package dev.unisono.engine.convert;

import dev.unisono.engine.standardize.Steps;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.measure.Unit;
import org.jspecify.annotations.Nullable;

/** Makes the conversions of a config from its options. Has no state; safe for threads. */
public final class Conversions {
  /** Each tells something from another that a pattern may not say. */
  private static final List<LocalDateTime> SAMPLES =
      List.of(
          LocalDateTime.of(1899, 12, 31, 23, 0),
          LocalDateTime.of(1970, 3, 4, 1, 0),
          LocalDateTime.of(1999, 11, 12, 13, 0),
          LocalDateTime.of(2024, 2, 29, 0, 0),
          LocalDateTime.of(2099, 10, 1, 12, 0));

  private Conversions() {}

  /** Options that make no conversion, with what is wrong and what to do. */
  public static final class UnfitConversion extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean loses;
    private final String remedy;

    UnfitConversion(boolean loses, String message, String remedy) {
      super(message);
      this.loses = loses;
      this.remedy = remedy;
    }

    /** True where values would not come back as they were. */
    public boolean loses() {
      return loses;
    }

    public String message() {
      return Objects.requireNonNull(getMessage());
    }

    public String remedy() {
      return remedy;
    }
  }

  /**
   * How the numbers of a column are written.
   *
   * @param locale of a text; null for a column of numbers
   * @param grouping whether digits stand in groups of three
   * @param withUnit whether the unit stands behind the number
   */
  public record Written(@Nullable Locale locale, boolean grouping, boolean withUnit) {
    /** A column of numbers. */
    public static final Written PLAIN = new Written(null, false, false);
  }

  /**
   * A number in another unit.
   *
   * @param unit the column's, or several from the largest to the smallest, joined by +
   * @param to the entity's
   * @param digits decimals of the column; null where it takes all
   */
  public static Conversion unit(
      ValueType field, String unit, String to, @Nullable Integer digits, Written written)
      throws UnfitConversion {
    List<Unit<?>> units = new ArrayList<>();
    List<String> names = List.of(unit.split("\\+", -1));
    for (String name : names) {
      units.add(known(name));
    }
    Unit<?> smallest = units.getLast();
    Units.Step step = between(smallest, names.getLast(), known(to), to);
    if (names.size() > 1) {
      int decimals = digits == null ? 0 : digits;
      return new NumberConversion(
          new CompoundNumber(parts(names, units), names.getLast(), decimals),
          linear(step.factor(), step.offset(), decimals),
          field);
    }
    Linear linear = linear(step.factor(), step.offset(), digits);
    Locale locale = written.locale();
    return new NumberConversion(
        locale == null
            ? new PlainNumber(digits)
            : new WrittenNumber(locale, written.grouping(), digits, written.withUnit() ? unit : ""),
        linear,
        field);
  }

  private static List<CompoundNumber.Part> parts(List<String> names, List<Unit<?>> units)
      throws UnfitConversion {
    List<CompoundNumber.Part> parts = new ArrayList<>();
    for (int i = 0; i + 1 < names.size(); i++) {
      Fraction ofNext =
          between(units.get(i), names.get(i), units.get(i + 1), names.get(i + 1)).factor();
      if (!ofNext.denominator().equals(BigInteger.ONE)
          || ofNext.numerator().compareTo(BigInteger.TWO) < 0) {
        throw new UnfitConversion(
            false,
            "A " + names.get(i) + " is not a number of whole " + names.get(i + 1) + ".",
            "Write the largest first: ft+in.");
      }
      parts.add(new CompoundNumber.Part(names.get(i), new BigDecimal(ofNext.numerator())));
    }
    return parts;
  }

  private static Unit<?> known(String name) throws UnfitConversion {
    Unit<?> unit = Units.find(name);
    if (unit == null) {
      throw new UnfitConversion(
          false,
          "There is no unit '" + name + "'.",
          "Use one of the SI such as kg, km/h, °C, or one of "
              + String.join(", ", Units.names().stream().sorted().toList())
              + ".");
    }
    return unit;
  }

  private static Units.Step between(Unit<?> from, String fromName, Unit<?> to, String toName)
      throws UnfitConversion {
    Units.Step step = Units.between(from, to);
    if (step == null) {
      throw new UnfitConversion(
          false,
          "No " + fromName + " is a number of " + toName + ": they measure different things.",
          "Name two units of one kind.");
    }
    return step;
  }

  private static Linear linear(Fraction factor, Fraction offset, @Nullable Integer digits)
      throws UnfitConversion {
    try {
      return Linear.of(factor, offset, digits);
    } catch (Linear.InexactException inexact) {
      throw new UnfitConversion(
          true,
          "Not every number has an exact counterpart here, so that it must be rounded.",
          "Say by digits how many decimals the column has.");
    }
  }

  /** A number that the column holds so many times as large: cents, with 100. */
  public static Conversion scale(ValueType field, BigDecimal scale, int digits)
      throws UnfitConversion {
    return new NumberConversion(
        new PlainNumber(digits),
        linear(Fraction.ONE.dividedBy(Fraction.of(scale)), Fraction.ZERO, digits),
        field);
  }

  /** A number that the column holds as a text. */
  public static Conversion number(
      ValueType field, Locale locale, boolean grouping, @Nullable Integer digits)
      throws UnfitConversion {
    return new NumberConversion(
        new WrittenNumber(locale, grouping, digits, ""),
        digits == null ? Linear.SAME : linear(Fraction.ONE, Fraction.ZERO, digits),
        field);
  }

  /**
   * Codes, or words for true and false.
   *
   * @param stored LONG or STRING
   * @param values by code the entity's value
   */
  public static Conversion codes(ValueType stored, Map<Object, Object> values)
      throws UnfitConversion {
    try {
      return new CodeConversion(stored, values);
    } catch (IllegalArgumentException twice) {
      throw new UnfitConversion(
          true,
          "Two codes have the same value: which of them is to be written?",
          "Give each code a value of its own.");
    }
  }

  /** A date that the column holds as a text. */
  public static Conversion date(String pattern, Locale locale) throws UnfitConversion {
    checkPattern(pattern);
    DateConversion made = new DateConversion(Steps.formatter(pattern, locale));
    for (LocalDateTime sample : SAMPLES) {
      checkComesBack(made, sample.toLocalDate(), pattern);
    }
    return made;
  }

  /** A time that the column holds as a text. */
  public static Conversion dateTime(String pattern, Locale locale, ZoneId zone)
      throws UnfitConversion {
    checkPattern(pattern);
    DateTimeConversion inUtc =
        new DateTimeConversion(Steps.formatter(pattern, locale), ZoneOffset.UTC);
    for (LocalDateTime sample : SAMPLES) {
      checkComesBack(inUtc, sample.toInstant(ZoneOffset.UTC), pattern);
    }
    return new DateTimeConversion(Steps.formatter(pattern, locale), zone);
  }

  private static void checkPattern(String pattern) throws UnfitConversion {
    try {
      Steps.checkFormat(pattern);
    } catch (IllegalArgumentException wrong) {
      throw new UnfitConversion(
          false,
          "'" + pattern + "' is no pattern of a date or time: " + wrong.getMessage() + ".",
          "Write it like dd/MM/yyyy or dd.MM.yyyy HH:mm.");
    }
  }

  private static void checkComesBack(Conversion made, Object sample, String pattern)
      throws UnfitConversion {
    Object written = made.write(sample);
    if (written == null || !sample.equals(made.read(written))) {
      throw new UnfitConversion(
          true,
          "'"
              + pattern
              + "' does not say all of a "
              + (sample instanceof Instant ? "time" : "date")
              + ": "
              + sample
              + " would not come back as it was.",
          "Use a pattern with a year of four digits, the month and the day"
              + (sample instanceof Instant ? ", the hour of 24 and the minute." : "."));
    }
  }

  /** A time that the column holds as a number since the beginning of 1970. */
  public static Conversion epoch(ChronoUnit unit) {
    return new EpochConversion(unit);
  }
}
