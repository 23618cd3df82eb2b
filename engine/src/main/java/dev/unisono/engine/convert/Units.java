package dev.unisono.engine.convert;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.measure.IncommensurableException;
import javax.measure.MetricPrefix;
import javax.measure.Unit;
import javax.measure.UnitConverter;
import javax.measure.format.MeasurementParseException;
import org.jspecify.annotations.Nullable;
import tech.units.indriya.format.SimpleUnitFormat;
import tech.units.indriya.function.RationalNumber;

/**
 * The units that a config can name: those of the SI with its prefixes and their products, and the
 * customary ones that are defined by them exactly. Immutable; safe for threads.
 */
final class Units {
  /** A name; products and quotients of names, each with an exponent. */
  private static final Pattern WRITTEN =
      Pattern.compile("[\\p{L}°℃%][\\p{L}\\p{N}°²³^·*/]*(?<![·*/^])");

  /** In units of the SI, as the treaties and NIST's handbook 44 define them. */
  private static final Map<String, Unit<?>> CUSTOMARY = customary();

  private Units() {}

  private static Map<String, Unit<?>> customary() {
    Unit<?> metre = tech.units.indriya.unit.Units.METRE;
    Unit<?> kilogram = tech.units.indriya.unit.Units.KILOGRAM;
    Unit<?> cubic = tech.units.indriya.unit.Units.CUBIC_METRE;
    Unit<?> square = tech.units.indriya.unit.Units.SQUARE_METRE;
    Unit<?> pascal = tech.units.indriya.unit.Units.PASCAL;
    Unit<?> joule = tech.units.indriya.unit.Units.JOULE;
    Unit<?> celsius = tech.units.indriya.unit.Units.CELSIUS;
    Unit<?> perSecond = tech.units.indriya.unit.Units.METRE_PER_SECOND;
    Map<String, Unit<?>> units = new TreeMap<>();
    units.put("in", times(metre, "0.0254"));
    units.put("ft", times(metre, "0.3048"));
    units.put("yd", times(metre, "0.9144"));
    units.put("mi", times(metre, "1609.344"));
    units.put("nmi", times(metre, "1852"));
    units.put("oz", times(kilogram, "0.028349523125"));
    units.put("lb", times(kilogram, "0.45359237"));
    units.put("st", times(kilogram, "6.35029318"));
    units.put("t", times(kilogram, "1000"));
    units.put("L", times(cubic, "0.001"));
    units.put("mL", times(cubic, "0.000001"));
    units.put("gal-us", times(cubic, "0.003785411784"));
    units.put("gal-uk", times(cubic, "0.00454609"));
    units.put("ha", times(square, "10000"));
    units.put("acre", times(square, "4046.8564224"));
    units.put("mph", times(perSecond, "0.44704"));
    units.put("bar", times(pascal, "100000"));
    units.put("mbar", times(pascal, "100"));
    units.put("Wh", times(joule, "3600"));
    units.put("kWh", times(joule, "3600000"));
    units.put("MWh", times(joule, "3600000000"));
    units.put("cal", times(joule, "4.184"));
    units.put("kcal", times(joule, "4184"));
    units.put("°F", celsius.multiply(RationalNumber.of(5, 9)).shift(-32));
    units.put("ms", MetricPrefix.MILLI(tech.units.indriya.unit.Units.SECOND));
    return Map.copyOf(units);
  }

  private static Unit<?> times(Unit<?> unit, String factor) {
    Fraction exact = Fraction.of(new BigDecimal(factor));
    return unit.multiply(RationalNumber.of(exact.numerator(), exact.denominator()));
  }

  /** The customary names, for whoever has written another. */
  static Set<String> names() {
    return CUSTOMARY.keySet();
  }

  /** Null where there is no such unit. */
  static @Nullable Unit<?> find(String name) {
    Unit<?> customary = CUSTOMARY.get(name);
    if (customary != null) {
      return customary;
    }
    if (name.length() > 100 || !WRITTEN.matcher(name).matches()) {
      return null;
    }
    SimpleUnitFormat format = SimpleUnitFormat.getNewInstance();
    CUSTOMARY.forEach((label, unit) -> {
      if (label.chars().allMatch(Character::isLetter)) {
        format.label(unit, label);
      }
    });
    try {
      return format.parse(name);
    } catch (MeasurementParseException | IllegalArgumentException unknown) {
      return null;
    }
  }

  /** What leads from numbers of one unit to those of another. Immutable. */
  record Step(Fraction factor, Fraction offset) {}

  /**
   * How numbers of one unit become those of another.
   *
   * @return null where both measure different things, or no exact numbers lead from one to the
   *     other
   */
  static @Nullable Step between(Unit<?> from, Unit<?> to) {
    UnitConverter converter;
    try {
      converter = from.getConverterToAny(to);
    } catch (IncommensurableException different) {
      return null;
    }
    Fraction one = exact(converter.convert((Number) 1));
    Fraction two = exact(converter.convert((Number) 2));
    Fraction thousand = exact(converter.convert((Number) 1_000));
    Fraction factor = two.minus(one);
    Step step = new Step(factor, one.minus(factor));
    boolean exact =
        factor.numerator().signum() != 0
            && thousand
                .minus(one)
                .equals(factor.times(new Fraction(BigInteger.valueOf(999), BigInteger.ONE)));
    return exact ? step : null;
  }

  private static Fraction exact(Number number) {
    return switch (number) {
      case RationalNumber rational -> new Fraction(rational.getDividend(), rational.getDivisor());
      default -> Fraction.of(new BigDecimal(number.toString()));
    };
  }
}
