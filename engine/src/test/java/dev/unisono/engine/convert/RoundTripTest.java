package dev.unisono.engine.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.convert.Conversions.UnfitConversion;
import dev.unisono.engine.convert.Conversions.Written;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever a member can hold comes back to it as it was, by whichever conversion. */
class RoundTripTest {
  private static final Written TEXT = new Written(Locale.GERMAN, true, true);

  /** A conversion, and the type of the entity's field. */
  record Converted(ValueType field, Conversion conversion) {
    MemberForm form() {
      Schema schema =
          new Schema(
              "item",
              List.of(new Field("id", ValueType.LONG, true), new Field("a", field, false)),
              List.of("id"));
      return new MemberForm(
          new Binding("items", schema, "item", List.of("id", "a"), "syncs.items"),
          Map.of("a", conversion));
    }
  }

  private static List<Converted> all() throws UnfitConversion {
    List<Converted> all = new ArrayList<>();
    for (ValueType type : List.of(ValueType.DECIMAL, ValueType.LONG, ValueType.DOUBLE)) {
      for (Integer digits : new Integer[] {0, 1, 4}) {
        for (String[] units :
            new String[][] {
              {"in", "m"},
              {"m", "ft"},
              {"lb", "kg"},
              {"kg", "lb"},
              {"°F", "°C"},
              {"°C", "°F"},
              {"km/h", "m/s"},
              {"m/s", "mph"},
              {"kWh", "J"},
              {"J", "kcal"},
              {"gal-us", "l"}
            }) {
          all.add(
              new Converted(
                  type, Conversions.unit(type, units[0], units[1], digits, Written.PLAIN)));
          all.add(new Converted(type, Conversions.unit(type, units[0], units[1], digits, TEXT)));
        }
        all.add(new Converted(type, Conversions.unit(type, "ft+in", "m", digits, Written.PLAIN)));
        all.add(
            new Converted(type, Conversions.unit(type, "st+lb+oz", "kg", digits, Written.PLAIN)));
        all.add(new Converted(type, Conversions.scale(type, new BigDecimal("100"), digits)));
        all.add(new Converted(type, Conversions.scale(type, new BigDecimal("0.3"), digits)));
        all.add(new Converted(type, Conversions.number(type, Locale.FRANCE, true, digits)));
      }
      all.add(new Converted(type, Conversions.unit(type, "kg", "g", null, Written.PLAIN)));
      all.add(new Converted(type, Conversions.unit(type, "g", "kg", null, TEXT)));
      all.add(new Converted(type, Conversions.number(type, Locale.ENGLISH, false, null)));
    }
    all.add(new Converted(ValueType.DATE, Conversions.date("dd/MM/yyyy", Locale.ENGLISH)));
    all.add(new Converted(ValueType.DATE, Conversions.date("d. MMMM yyyy", Locale.GERMAN)));
    for (String zone : List.of("UTC", "Europe/Berlin", "Australia/Lord_Howe")) {
      for (String pattern : List.of("dd.MM.yyyy HH:mm", "yyyyMMddHHmmss", "d MMM yyyy h:mm:ss a")) {
        all.add(
            new Converted(
                ValueType.TIMESTAMP,
                Conversions.dateTime(pattern, Locale.ENGLISH, ZoneId.of(zone))));
      }
    }
    for (ChronoUnit unit : List.of(ChronoUnit.SECONDS, ChronoUnit.MILLIS, ChronoUnit.MICROS)) {
      all.add(new Converted(ValueType.TIMESTAMP, Conversions.epoch(unit)));
    }
    all.add(
        new Converted(
            ValueType.STRING,
            Conversions.codes(ValueType.STRING, Map.of("1", "active", "2", "closed", "", "none"))));
    all.add(
        new Converted(
            ValueType.BOOLEAN, Conversions.codes(ValueType.LONG, Map.of(1L, true, 0L, false))));
    return all;
  }

  @Provide
  Arbitrary<Converted> conversions() throws UnfitConversion {
    return Arbitraries.of(all());
  }

  /** What is written of any value leads to a value that is written the same. */
  @Property(tries = 40_000)
  void whatIsWrittenIsReadAndWrittenTheSameAgain(
      @ForAll("conversions") Converted of, @ForAll long seed) {
    MemberForm form = of.form();
    Object value = value(of.field(), new Random(seed));
    Object stored = form.write(1, value);
    assertNotNull(stored, () -> of + " has no form of " + value);
    Object read = Objects.requireNonNull(form.read(1, stored));
    if (of.field() == ValueType.LONG && read instanceof Unfit) {
      return; // What was rounded is a fraction of the entity's unit.
    }
    assertSame(stored, form.write(1, read), () -> of + " of " + value + " is read as " + read);
  }

  /** Whatever else stands there is refused, or comes back as it was. */
  @Property(tries = 40_000)
  void whatIsReadIsWrittenAsItWas(
      @ForAll("conversions") Converted of, @ForAll("texts") String text, @ForAll long seed) {
    Random random = new Random(seed);
    Object stored =
        switch (of.conversion().stored()) {
          case STRING -> text;
          case LONG -> random.nextBoolean() ? random.nextLong() : random.nextLong(-3, 4);
          default -> decimal(random);
        };
    MemberForm form = of.form();
    Object read = Objects.requireNonNull(form.read(1, stored));
    if (!(read instanceof Unfit)) {
      assertSame(stored, form.write(1, read), () -> of + " of " + stored + " is read as " + read);
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "5", " ft ", " in", "10", "0", "-", ".", ",", "1", "12", "/", "2026", " ", "kg", "31",
            ":", "Jan", "AM", "\u202f", "E9", "'", "+")
        .list()
        .ofMaxSize(9)
        .map(parts -> String.join("", parts));
  }

  private static Object value(ValueType type, Random random) {
    return switch (type) {
      case LONG -> random.nextLong(-100_000, 100_000);
      case DECIMAL -> decimal(random);
      case DOUBLE -> random.nextDouble(-100_000, 100_000);
      case DATE -> LocalDate.ofEpochDay(random.nextLong(-30_000, 60_000));
      case TIMESTAMP ->
          Instant.ofEpochSecond(
              random.nextLong(-2_000_000_000L, 4_000_000_000L), random.nextInt(1_000_000) * 1_000L);
      case STRING -> List.of("active", "closed", "none").get(random.nextInt(3));
      case BOOLEAN -> random.nextBoolean();
      default -> throw new IllegalArgumentException(type.name());
    };
  }

  private static BigDecimal decimal(Random random) {
    return BigDecimal.valueOf(random.nextLong(), random.nextInt(25) - 3);
  }

  private static void assertSame(
      Object stored, @Nullable Object again, Supplier<@Nullable String> what) {
    if (stored instanceof BigDecimal one && again instanceof BigDecimal other) {
      assertEquals(0, one.compareTo(other), what);
    } else {
      assertEquals(stored, again, what);
    }
  }

  private static Object read(Conversion conversion, Object stored) {
    return Objects.requireNonNull(
        new Converted(ValueType.DECIMAL, conversion).form().read(1, stored));
  }

  @Test
  void feetAndInchesAreMetres() throws UnfitConversion {
    Conversion height = Conversions.unit(ValueType.DECIMAL, "ft+in", "m", null, Written.PLAIN);
    assertEquals(new BigDecimal("1.778"), read(height, "5 ft 10 in"));
    assertEquals("5 ft 10 in", height.write(new BigDecimal("1.778")));
    assertEquals("5 ft 10 in", height.write(new BigDecimal("1.78")));
    assertEquals("6 ft 0 in", height.write(new BigDecimal("1.828")));
    assertEquals("-1 ft 1 in", height.write(new BigDecimal("-0.3302")));
    for (String other : List.of("5 ft 14 in", "5ft10in", "5 ft 10.0 in", "-0 ft 0 in", "5 ft")) {
      assertEquals(Unfit.class, read(height, other).getClass(), other);
    }
  }

  @Test
  void numbersAreReadAndWrittenExactly() throws UnfitConversion {
    Conversion cents = Conversions.scale(ValueType.DECIMAL, new BigDecimal(100), 0);
    assertEquals(new BigDecimal("19.99"), read(cents, new BigDecimal("1999")));
    assertEquals(new BigDecimal("2000"), cents.write(new BigDecimal("19.995")));
    Conversion fahrenheit = Conversions.unit(ValueType.DECIMAL, "°F", "°C", 1, Written.PLAIN);
    assertEquals(new BigDecimal("37"), read(fahrenheit, new BigDecimal("98.6")));
    assertEquals(new BigDecimal("98.6"), fahrenheit.write(new BigDecimal("37")));
    Conversion text = Conversions.unit(ValueType.DECIMAL, "kg", "g", 1, TEXT);
    assertEquals(new BigDecimal("1234500"), read(text, "1.234,5 kg"));
    assertEquals("1.234,6 kg", text.write(new BigDecimal("1234567")));
    assertEquals(Unfit.class, read(text, "1234,5 kg").getClass());
    Conversion number = Conversions.number(ValueType.DECIMAL, Locale.GERMAN, false, null);
    assertEquals(new BigDecimal("12.50"), read(number, "12,50"));
    assertEquals(Unfit.class, read(number, "12.50").getClass());
    assertEquals(Unfit.class, read(number, "1e9").getClass());
  }

  @Test
  void timesAreThoseOfTheColumnsClock() throws UnfitConversion {
    Conversion time =
        Conversions.dateTime("dd.MM.yyyy HH:mm", Locale.ENGLISH, ZoneId.of("Europe/Berlin"));
    assertEquals(Instant.parse("2026-01-31T12:45:00Z"), read(time, "31.01.2026 13:45"));
    assertEquals("31.01.2026 13:45", time.write(Instant.parse("2026-01-31T12:45:59Z")));
    // In spring the clock leaves this hour out.
    assertEquals(Unfit.class, read(time, "29.03.2026 02:30").getClass());
    Conversion millis = Conversions.epoch(ChronoUnit.MILLIS);
    assertEquals(Instant.parse("1969-12-31T23:59:59.999Z"), read(millis, -1L));
    assertEquals(-1L, millis.write(Instant.parse("1969-12-31T23:59:59.999999Z")));
    assertEquals(-1L, Conversions.epoch(ChronoUnit.SECONDS).write(Instant.ofEpochSecond(0, -1)));
    assertNull(millis.write(Instant.MAX));
  }

  @Test
  void whatLosesIsNoConversion() {
    for (String pattern : List.of("dd/MM", "dd.MM.yy", "MM/yyyy")) {
      assertTrue(
          assertThrows(
                  UnfitConversion.class, () -> Conversions.date(pattern, Locale.ENGLISH), pattern)
              .loses());
    }
    assertTrue(
        assertThrows(
                UnfitConversion.class,
                () ->
                    Conversions.dateTime(
                        "dd.MM.yyyy hh:mm", Locale.ENGLISH, ZoneId.of("Europe/Berlin")))
            .loses());
    assertTrue(
        assertThrows(
                UnfitConversion.class,
                () -> Conversions.unit(ValueType.DECIMAL, "in", "m", null, Written.PLAIN))
            .loses());
    for (String[] units : new String[][] {{"kg", "m"}, {"in+ft", "m"}, {"foo", "m"}, {"m/", "m"}}) {
      assertFalse(
          assertThrows(
                  UnfitConversion.class,
                  () -> Conversions.unit(ValueType.DECIMAL, units[0], units[1], 2, Written.PLAIN))
              .loses());
    }
  }
}
