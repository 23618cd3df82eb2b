package dev.unisono.engine.standardize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the text, taking a step twice leaves what taking it once has left. */
class IdempotentStepsTest {
  @Property(tries = 20_000)
  void ofAnyText(@ForAll("steps") Step step, @ForAll String text) {
    check(step, text);
  }

  @Property(tries = 60_000)
  void ofTextsOfLettersThatStepsLookFor(
      @ForAll("steps") Step step, @ForAll("written") String text) {
    check(step, text);
  }

  private static void check(Step step, String text) {
    String once = step.apply(text);
    if (once != null) {
      assertEquals(once, step.apply(once), () -> step + " of '" + text + "'");
    }
  }

  @Provide
  Arbitrary<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (StepKind kind : StepKind.values()) {
      steps.add(Steps.plain(kind));
    }
    for (String region : List.of("DE", "US", "GB", "FR", "JP", "LV", "CA")) {
      steps.add(Steps.phone(region, null));
      steps.add(Steps.postalCode(region, null));
    }
    for (String locale : List.of("de", "fr", "de-CH", "en-IN", "ar-EG", "sv", "pt-BR")) {
      steps.add(Steps.number(Locale.forLanguageTag(locale)));
    }
    List<String> formats = List.of("d.M.yy", "dd/MM/yyyy HH:mm", "d. MMM yyyy", "yyyy-dd-MM");
    steps.add(Steps.date(formats, Locale.GERMAN));
    steps.add(Steps.dateTime(formats, Locale.GERMAN, ZoneId.of("Europe/Berlin")));
    steps.add(Steps.country(true));
    steps.add(Steps.name(Locale.forLanguageTag("tr")));
    steps.add(Steps.url("https"));
    steps.add(Steps.bool(List.of("false", "no", "x"), List.of("true", "X")));
    return Arbitraries.of(steps);
  }

  /** Pieces of what is written in fields, in any order. */
  @Provide
  Arbitrary<String> written() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "",
            " ",
            "\u00A0",
            "  ",
            "\n",
            ".",
            ",",
            "'",
            "’",
            "-",
            "/",
            ":",
            "@",
            "+",
            "(",
            ")",
            "0",
            "1",
            "12",
            "123",
            "1234",
            "00",
            "49",
            "٣",
            "１",
            "van",
            "VAN",
            "de",
            "la",
            "in",
            "'t",
            "Mc",
            "mcd",
            "MAC",
            "donald",
            "o'",
            "D’",
            "al-",
            "ij",
            "IJ",
            "ii",
            "VIII",
            "a",
            "B",
            "ß",
            "İ",
            "ı",
            "Σ",
            "ǆ",
            "\u0345",
            "\u0308",
            "é",
            "http://",
            "HTTPS://",
            "www.",
            "example",
            ".com",
            ".DE",
            "%7e",
            "%C3",
            "..",
            "?",
            "#",
            "münchen",
            "T",
            "Z",
            "2026",
            "2026-01-31",
            "31.01.26",
            "13:45",
            "+01:00",
            "Mär",
            "Germany",
            "DE",
            "DEU",
            "€",
            "USD",
            "yes",
            "nein",
            "n/a",
            "null",
            "SW1A",
            "1AA",
            "D-",
            "LV-",
            "〒",
            "ext. 1",
            "\uD835\uDFCE",
            "Ⅷ",
            "ⓐ",
            "ﬁ",
            "한",
            "ا",
            "\u200D");
    return pieces.list().ofMinSize(0).ofMaxSize(8).map(parts -> String.join("", parts));
  }
}
