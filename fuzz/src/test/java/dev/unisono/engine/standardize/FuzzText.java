package dev.unisono.engine.standardize;

import dev.unisono.engine.convert.Conversion;
import dev.unisono.engine.convert.Conversions;
import dev.unisono.engine.convert.Conversions.UnfitConversion;
import dev.unisono.engine.convert.Conversions.Written;
import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.ValueType;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Texts of a source: every step takes them, every conversion takes or refuses them. */
public final class FuzzText {
  private static final List<Step> STEPS = steps();
  private static final List<Conversion> CONVERSIONS = conversions();

  private FuzzText() {}

  private static List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (StepKind kind : StepKind.values()) {
      steps.add(Steps.plain(kind));
    }
    for (String region : List.of("DE", "US", "GB", "JP")) {
      steps.add(Steps.phone(region, null));
      steps.add(Steps.postalCode(region, null));
    }
    List<String> formats = List.of("d.M.yy", "dd/MM/yyyy HH:mm", "d. MMM yyyy");
    steps.add(Steps.number(Locale.GERMAN));
    steps.add(Steps.date(formats, Locale.GERMAN));
    steps.add(Steps.dateTime(formats, Locale.GERMAN, ZoneId.of("Europe/Berlin")));
    steps.add(Steps.url("https"));
    return List.copyOf(steps);
  }

  private static List<Conversion> conversions() {
    try {
      return List.of(
          Conversions.unit(ValueType.DECIMAL, "ft+in", "m", 2, Written.PLAIN),
          Conversions.unit(ValueType.LONG, "kg", "g", null, new Written(Locale.GERMAN, true, true)),
          Conversions.number(ValueType.DOUBLE, Locale.FRANCE, true, null),
          Conversions.date("d. MMMM yyyy", Locale.GERMAN),
          Conversions.dateTime("dd.MM.yyyy HH:mm", Locale.ENGLISH, ZoneId.of("Europe/Berlin")));
    } catch (UnfitConversion impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public static List<byte[]> seeds() {
    return Seeds.of(
        "(0 30) 12 34 56",
        "1.234,50",
        "31.01.2026",
        "2026-01-31 13:45+01:00",
        "Ada@Müller.DE",
        "HTTP://Example.COM:80/a/../b%7e?x=%zz",
        "sw1a1aa",
        "ja",
        "n/a",
        "Holland",
        "zł",
        "5 ft 10 in",
        "1.234,5 kg",
        "31. Januar 2026",
        "MCDONALD VAN DER BERG");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    for (Step step : STEPS) {
      String once = step.apply(text);
      if (once != null && !once.equals(step.apply(once))) {
        throw new AssertionError(step + " is not idempotent");
      }
    }
    for (Conversion conversion : CONVERSIONS) {
      Object value = conversion.read(text);
      if (value != null) {
        conversion.write(value);
      }
    }
  }
}
