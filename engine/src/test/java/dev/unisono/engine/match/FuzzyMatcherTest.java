package dev.unisono.engine.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.FuzzyRule;
import dev.unisono.engine.config.FuzzyRule.BlockKey;
import dev.unisono.engine.config.FuzzyRule.BlockKind;
import dev.unisono.engine.config.FuzzyRule.Comparison;
import dev.unisono.engine.config.FuzzyRule.Likeness;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.spi.Row;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is taken for the same, what a person is asked, and what is told apart. */
final class FuzzyMatcherTest {
  private static final Entity PERSON =
      Entities.entity(
          1,
          "person",
          List.of(
              "id LONG",
              "first STRING",
              "last STRING",
              "street STRING",
              "mail STRING",
              "credit DECIMAL"),
          List.of("id"));

  private static final double LINK = 0.92;
  private static final double REVIEW = 0.8;

  /** As in the guide. */
  private static final FuzzyMatcher PEOPLE =
      matcher(
          List.of(block(BlockKind.PHONETIC, 0, "last")),
          List.of(
              compare(Likeness.JARO_WINKLER, 2, "first"),
              compare(Likeness.JARO_WINKLER, 3, "last"),
              compare(Likeness.WORDS, 1, "street")));

  /** Where it is not sure which name is which. */
  private static final FuzzyMatcher NAMES =
      matcher(
          List.of(block(BlockKind.PHONETIC, 0, "first", "last")),
          List.of(compare(Likeness.WORDS, 1, "first", "last")));

  private static FuzzyMatcher matcher(List<BlockKey> block, List<Comparison> compare) {
    return new FuzzyMatcher(new FuzzyRule(block, compare, LINK, REVIEW, 0.6, 100), PERSON.schema());
  }

  private static BlockKey block(BlockKind by, int length, String... fields) {
    return new BlockKey(List.of(fields), by, length);
  }

  private static Comparison compare(Likeness by, double weight, String... fields) {
    return new Comparison(List.of(fields), by, weight);
  }

  private static Row person(
      @Nullable String first, @Nullable String last, @Nullable String street) {
    return Entities.row(PERSON, 1L, first, last, street, null, null);
  }

  private static String verdict(FuzzyMatcher matcher, Row one, Row other) {
    MatchScore score = matcher.score(one, other);
    assertEquals(
        score == null ? null : score.total(),
        total(matcher.score(other, one)),
        "whichever comes first");
    return score == null
        ? "unknown"
        : score.total() >= LINK ? "link" : score.total() >= REVIEW ? "review" : "apart";
  }

  private static @Nullable Double total(@Nullable MatchScore score) {
    return score == null ? null : score.total();
  }

  @ParameterizedTest
  @CsvSource({
    "Anna,  Müller,      Hauptstr. 5,      Anna,   Mueller,     Hauptstraße 5,       link",
    "Anna,  Müller,      Hauptstr. 5,      ANNA,   MULLER,      5 Hauptstr,          link",
    "Anna,  Müller,      Hauptstr. 5,      Ana,    Müler,       Hauptstr. 5,         link",
    "José,  García,      Calle Mayor 1,    Jose,   Garcia,      'Mayor, Calle 1',    link",
    "Søren, Østergård,   Nygade 3,         Soeren, Oestergaard, Nygade 3,            link",
    "Łukasz,Wiśniewski,  Polna 7,          Lukasz, Wisniewski,  ul. Polna 7,         link",
    "Eva, Müller-Lüdenscheidt, Am Ring 2,  Eva,  Mueller Luedenscheidt, Am Ring 2,   link",
    "Sean,  O'Brien,     Quay 4,           Sean,   OBrien,      Quay 4,              link",
    "Jon,   Smith,       1 Elm Rd,         John,   Smyth,       1 Elm Road,          review",
    "Catherine, Jones,   2 Oak Ave,        Kathryn, Jones,      2 Oak Avenue,        review",
    "Peter, Jones,       2 Oak Ave,        Petra,  Johnson,     9 Elm Street,        apart",
    "Anna,  Müller,      Hauptstr. 5,      Bruno,  Schmidt,     Ringweg 9,           apart",
    "Müller,Anna,        Hauptstr. 5,      Anna,   Müller,      Hauptstr. 5,         apart",
  })
  void tellsPeopleApart(
      String first,
      String last,
      String street,
      String firstThere,
      String lastThere,
      String streetThere,
      String verdict) {
    assertEquals(
        verdict,
        verdict(PEOPLE, person(first, last, street), person(firstThere, lastThere, streetThere)));
  }

  @ParameterizedTest
  @CsvSource({
    "Müller, Anna,          Anna,       Mueller,        link",
    "Anna Maria, Müller,    Müller,     Maria Anna,     link",
    "J., Smith,             Smith,      John,           link",
    "Anna, Müller-Schmidt,  Schmidt,    Anna Mueller,   link",
    "Anna, Müller,          Anna Maria, Müller,         review",
    "Anna, Müller,          Bruno,      Müller,         apart",
  })
  void swappedNamesAreTheSameWhereWordsAreComparedInAnyOrder(
      String first, String last, String firstThere, String lastThere, String verdict) {
    Row one = person(first, last, null);
    Row other = person(firstThere, lastThere, null);
    assertEquals(verdict, verdict(NAMES, one, other));
    Set<FuzzyMatcher.Block> common =
        NAMES.blocks(one).stream()
            .filter(NAMES.blocks(other)::contains)
            .collect(Collectors.toSet());
    assertFalse(common.isEmpty(), "they are looked for among each other");
  }

  @Test
  void whatIsEmptyTakesNoPartAndTooLittleSaysNothing() {
    Row whole = person("Anna", "Müller", "Hauptstr. 5");
    MatchScore score = PEOPLE.score(whole, person("Anna", "Müller", " - "));
    assertNotNull(score);
    assertEquals(1, score.total());
    assertEquals(
        List.of(
            new MatchScore.Part(List.of("first"), "jaro-winkler", 2, "Anna", "Anna", 1.0),
            new MatchScore.Part(List.of("last"), "jaro-winkler", 3, "Müller", "Müller", 1.0),
            new MatchScore.Part(List.of("street"), "words", 1, "Hauptstr. 5", null, null)),
        score.parts());
    assertNull(PEOPLE.score(whole, person("Anna", null, "Hauptstr. 5")), "3 of 6 are missing");
    assertNull(PEOPLE.score(person(null, null, null), person(null, null, null)));
  }

  @Test
  void theTotalIsTheSimilaritiesByTheirWeights() {
    FuzzyMatcher matcher =
        matcher(
            List.of(block(BlockKind.EXACT, 0, "street")),
            List.of(
                compare(Likeness.EXACT, 1, "first"),
                compare(Likeness.LEVENSHTEIN, 3, "last"),
                compare(Likeness.PHONETIC, 2, "mail")));
    Row one = Entities.row(PERSON, 1L, "Ann", "abcd", null, "Meyer", null);
    Row other = Entities.row(PERSON, 2L, "Anne", "abxd", null, "Maier", null);
    MatchScore score = Objects.requireNonNull(matcher.score(one, other));
    assertEquals(
        List.of(0.0, 0.75, 1.0), score.parts().stream().map(MatchScore.Part::similarity).toList());
    assertEquals((3 * 0.75 + 2) / 6, score.total(), 0.0001);
  }

  @Test
  void recordsOfABlockHaveInCommonWhatItsKindSays() {
    Row row =
        Entities.row(
            PERSON,
            1L,
            "Åsa",
            "De Vries",
            "+31 (0)20-123 4567",
            "Ada@Example.COM",
            new BigDecimal("7.50"));
    assertEquals(Set.of("devries"), values(row, block(BlockKind.EXACT, 0, "last")));
    assertEquals(Set.of("devries\n75"), values(row, block(BlockKind.EXACT, 0, "last", "credit")));
    assertEquals(Set.of("dev"), values(row, block(BlockKind.PREFIX, 3, "last")));
    assertEquals(Set.of("aa\nde"), values(row, block(BlockKind.PREFIX, 2, "first", "last")));
    assertEquals(Set.of("1234567"), values(row, block(BlockKind.DIGITS, 7, "street")));
    assertEquals(Set.of(), values(row, block(BlockKind.DIGITS, 7, "credit")));
    assertEquals(Set.of("example.com"), values(row, block(BlockKind.DOMAIN, 0, "mail")));
    assertEquals(Set.of(), values(row, block(BlockKind.DOMAIN, 0, "first")));
    assertEquals(Set.of("T", "FRS"), values(row, block(BlockKind.PHONETIC, 0, "last")));
    Row cyrillic = person("Анна", "Иванова", null);
    assertEquals(Set.of("иванова"), values(cyrillic, block(BlockKind.PHONETIC, 0, "last")));
    assertEquals(Set.of(), values(cyrillic, block(BlockKind.EXACT, 0, "last", "street")));
    assertTrue(
        matcher(List.of(block(BlockKind.PREFIX, 2, "last")), List.of()).blocks(row).stream()
            .noneMatch(
                matcher(List.of(block(BlockKind.PREFIX, 3, "last")), List.of()).blocks(row)
                    ::contains),
        "another length is another block");
  }

  private static Set<String> values(Row row, BlockKey key) {
    return matcher(List.of(key), List.of()).blocks(row).stream()
        .map(FuzzyMatcher.Block::value)
        .collect(Collectors.toSet());
  }
}
