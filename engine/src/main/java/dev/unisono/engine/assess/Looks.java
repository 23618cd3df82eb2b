package dev.unisono.engine.assess;

import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Words for what the values of one field look like. Immutable. */
record Looks(FieldProfile profile) {
  /** What so many texts are, the field is meant to be. */
  static final double NEARLY_ALL = 0.9;

  /** Kinds that are worth to be told, the most telling first. */
  private static final List<TextKind> TOLD =
      List.of(
          TextKind.EMAIL,
          TextKind.URL,
          TextKind.UUID,
          TextKind.DATE,
          TextKind.DATE_TIME,
          TextKind.DAY_FIRST,
          TextKind.DAY_FIRST_SLASH,
          TextKind.MONTH_FIRST,
          TextKind.PHONE,
          TextKind.COUNTRY,
          TextKind.CURRENCY,
          TextKind.JSON,
          TextKind.BOOLEAN_WORD,
          TextKind.WHOLE_NUMBER,
          TextKind.NUMBER,
          TextKind.NUMBER_WITH_COMMA,
          TextKind.NUMBER_WITH_GROUPS);

  List<String> all() {
    List<String> all = new ArrayList<>();
    if (profile.values() == 0) {
      return all;
    }
    switch (profile.field().type()) {
      case STRING -> texts(all);
      case LONG, DECIMAL, DOUBLE -> numbers(all);
      case DATE, TIMESTAMP -> add(all, profile.years());
      case BYTES ->
          all.add(range(profile.numbers().least(), profile.numbers().greatest()) + " bytes");
      case BOOLEAN, TIME, UUID, JSON, ARRAY -> {
        // The type says all there is to say.
      }
    }
    return all;
  }

  private void texts(List<String> all) {
    TextProfile texts = profile.texts();
    for (TextKind kind : TOLD) {
      if (texts.share(kind) >= NEARLY_ALL) {
        all.add((texts.all(kind) ? "" : Percent.of(texts.share(kind)) + " ") + kind.shown());
        break;
      }
    }
    String length = range(texts.lengths().least(), texts.lengths().greatest());
    all.add(length + (length.equals("1") ? " character" : " characters"));
    List<String> shapes = profile.shapes();
    if (!shapes.isEmpty()) {
      all.add("such as " + String.join("  ", shapes));
    }
  }

  private void numbers(List<String> all) {
    double largest =
        Math.max(Math.abs(profile.numbers().least()), Math.abs(profile.numbers().greatest()));
    int digits = largest < 1 ? 1 : (int) Math.floor(Math.log10(largest)) + 1;
    all.add("up to " + digits + (digits == 1 ? " digit" : " digits"));
    if (profile.numbers().least() < 0) {
      all.add("some below zero");
    }
    if (profile.field().type() != ValueType.LONG) {
      all.add(profile.fractional() ? "with a fraction" : "without a fraction");
    }
  }

  private static void add(List<String> all, String text) {
    if (!text.isEmpty()) {
      all.add(text);
    }
  }

  private static String range(double least, double greatest) {
    return least == greatest
        ? String.valueOf((long) least)
        : (long) least + " to " + (long) greatest;
  }
}
