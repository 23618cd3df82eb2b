package dev.unisono.engine.assess;

import dev.unisono.spi.SurveyedTable.Column;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a config should say of single fields of one table: the type, what its schema asks, and the
 * steps that standardize it. For one thread.
 */
final class FieldSuggester {
  private static final double ALMOST_ALL = 0.99;

  /** A word that fewer rows have may be a slip, or point to somebody. */
  private static final long OFTEN = 5;

  /** With fewer texts, that all are of one kind says little. */
  private static final long ENOUGH = 20;

  private static final long MOST_TRUTHS = 4;

  private final TableProfile profile;
  private final boolean whole;
  private final Optional<String> country;

  FieldSuggester(TableProfile profile, boolean whole) {
    this.profile = profile;
    this.whole = whole;
    this.country =
        profile.fields().stream()
            .filter(FieldSuggester::isCountry)
            .map(FieldProfile::name)
            .findFirst();
  }

  private static boolean isCountry(FieldProfile field) {
    return field.texts().share(TextKind.COUNTRY) >= Looks.NEARLY_ALL
        && FieldName.COUNTRY.in(field.name());
  }

  SuggestedField suggest(Column column, boolean key) {
    FieldProfile field = profile.field(column.name());
    ValueType declared = Objects.requireNonNull(column.type());
    List<String> reasons = new ArrayList<>();
    ValueType type = column.loose() ? read(field, declared, reasons) : declared;
    if (type == ValueType.BOOLEAN && field.unfit() > 0) {
      reasons.add("type integer: some values are neither 0 nor 1");
      type = ValueType.LONG;
    }
    Map<String, String> schema = SuggestedField.typed(type, column.items());
    List<String> steps = new ArrayList<>();
    if (type == ValueType.STRING) {
      if (!key) {
        steps(field, steps, reasons);
      }
      constraints(field, column, steps, schema, reasons);
    }
    return new SuggestedField(
        column.name(),
        type,
        type == ValueType.ARRAY ? column.items() : null,
        schema,
        !column.nullable() && !key,
        steps,
        reasons);
  }

  /** What texts are where the system keeps nothing but texts. */
  private static ValueType read(FieldProfile field, ValueType declared, List<String> reasons) {
    TextProfile texts = field.texts();
    if (declared != ValueType.STRING || texts.said() == 0 || texts.nothing() > 0) {
      return declared;
    }
    @Nullable TextKind kind =
        texts.all(TextKind.WHOLE_NUMBER)
            ? TextKind.WHOLE_NUMBER
            : texts.all(TextKind.NUMBER)
                ? TextKind.NUMBER
                : texts.all(TextKind.DATE)
                    ? TextKind.DATE
                    : texts.all(TextKind.DATE_TIME)
                        ? TextKind.DATE_TIME
                        : texts.all(TextKind.UUID)
                            ? TextKind.UUID
                            : texts.all(TextKind.TRUTH) ? TextKind.TRUTH : null;
    if (kind == null) {
      return declared;
    }
    reasons.add("type: each of " + texts.said() + " values is " + kind.shown());
    return switch (kind) {
      case WHOLE_NUMBER -> ValueType.LONG;
      case NUMBER -> ValueType.DECIMAL;
      case DATE -> ValueType.DATE;
      case DATE_TIME -> ValueType.TIMESTAMP;
      case UUID -> ValueType.UUID;
      case TRUTH -> ValueType.BOOLEAN;
      default -> declared;
    };
  }

  private void steps(FieldProfile field, List<String> steps, List<String> reasons) {
    TextProfile texts = field.texts();
    step(texts.decomposed(), "unicode-nfc", "letters and accents apart", steps, reasons);
    step(texts.nothing(), "null-words", "texts that only say there is no value", steps, reasons);
    step(texts.stray(), "trim", "white space at the ends", steps, reasons);
    step(texts.runs(), "collapse-spaces", "several blanks in a row", steps, reasons);
    meaning(field, steps, reasons);
  }

  private static void step(
      long found, String step, String what, List<String> steps, List<String> reasons) {
    if (found > 0) {
      steps.add(step);
      reasons.add(step + ": " + found + (found == 1 ? " text has " : " texts have ") + what);
    }
  }

  /** The step for what the texts mean, where that is clear. */
  private void meaning(FieldProfile field, List<String> steps, List<String> reasons) {
    TextProfile texts = field.texts();
    if (texts.said() == 0) {
      return;
    }
    if (mostly(texts, TextKind.EMAIL)) {
      mean("email", TextKind.EMAIL, texts, steps, reasons);
    } else if (mostly(texts, TextKind.URL)) {
      mean("url", TextKind.URL, texts, steps, reasons);
    } else if (mostly(texts, TextKind.DAY_FIRST)) {
      mean("date: { formats: [d.M.yyyy] }", TextKind.DAY_FIRST, texts, steps, reasons);
    } else if (mostly(texts, TextKind.DAY_FIRST_SLASH) || mostly(texts, TextKind.MONTH_FIRST)) {
      slashed(texts, steps, reasons);
    } else if (mostly(texts, TextKind.PHONE) && FieldName.PHONE.in(field.name())) {
      mean("phone" + region(field), TextKind.PHONE, texts, steps, reasons);
      if (country.isEmpty() && !all(texts, "+")) {
        reasons.add("phone: numbers that do not say their country stay, until region: names it");
      }
    } else if (isCountry(field)) {
      mean("country", TextKind.COUNTRY, texts, steps, reasons);
    } else if (mostly(texts, TextKind.POSTAL_CODE) && FieldName.POSTAL_CODE.in(field.name())) {
      if (country.isPresent()) {
        mean("postal-code" + region(field), TextKind.POSTAL_CODE, texts, steps, reasons);
      }
    } else if (texts.share(TextKind.BOOLEAN_WORD) >= ALMOST_ALL
        && field.distinct() > 1
        && field.distinct() <= MOST_TRUTHS
        && !mostly(texts, TextKind.WHOLE_NUMBER)) {
      mean("boolean", TextKind.BOOLEAN_WORD, texts, steps, reasons);
    } else if (!mostly(texts, TextKind.NUMBER)) {
      numbersAndNames(field, steps, reasons);
    }
  }

  private static void numbersAndNames(
      FieldProfile field, List<String> steps, List<String> reasons) {
    TextProfile texts = field.texts();
    if (mostly(texts, TextKind.NUMBER_WITH_GROUPS) && texts.said() >= ENOUGH) {
      mean("number", TextKind.NUMBER_WITH_GROUPS, texts, steps, reasons);
    } else if (mostly(texts, TextKind.NUMBER_WITH_COMMA) && texts.said() >= ENOUGH) {
      mean("number: { locale: de }", TextKind.NUMBER_WITH_COMMA, texts, steps, reasons);
    } else if (texts.shouted() > 0
        && (FieldName.FIRST_NAME.in(field.name()) || FieldName.LAST_NAME.in(field.name()))) {
      steps.add("name");
      reasons.add("name: " + texts.shouted() + " names are in large letters");
    }
  }

  /** Whether the texts' most frequent shapes begin so. */
  private static boolean all(TextProfile texts, String beginning) {
    return texts.shapes().stream().allMatch(shape -> shape.startsWith(beginning));
  }

  private static boolean mostly(TextProfile texts, TextKind kind) {
    return texts.share(kind) >= Looks.NEARLY_ALL;
  }

  private static void mean(
      String step, TextKind kind, TextProfile texts, List<String> steps, List<String> reasons) {
    steps.add(step);
    int end = step.indexOf(':');
    reasons.add(
        (end < 0 ? step : step.substring(0, end))
            + ": "
            + Percent.of(texts.share(kind))
            + " look like "
            + kind.shown());
  }

  /** Whether the day or the month is first only days after the 12th tell. */
  private static void slashed(TextProfile texts, List<String> steps, List<String> reasons) {
    long day = texts.of(TextKind.DAY_FIRST_SLASH);
    long month = texts.of(TextKind.MONTH_FIRST);
    if (day == month) {
      reasons.add("dates with slashes, and none tells whether the day or the month is first");
    } else if (day > month) {
      mean("date: { formats: [d/M/yyyy] }", TextKind.DAY_FIRST_SLASH, texts, steps, reasons);
    } else {
      mean("date: { formats: [M/d/yyyy] }", TextKind.MONTH_FIRST, texts, steps, reasons);
    }
  }

  private String region(FieldProfile field) {
    return country
        .filter(name -> !name.equals(field.name()))
        .map(name -> ": { region-field: " + Written.yaml(name) + " }")
        .orElse("");
  }

  private void constraints(
      FieldProfile field,
      Column column,
      List<String> steps,
      Map<String, String> schema,
      List<String> reasons) {
    TextProfile texts = field.texts();
    boolean email = texts.all(TextKind.EMAIL) && texts.said() >= ENOUGH;
    if (email) {
      schema.put("format", Written.quoted("email"));
      reasons.add("format email: each of " + texts.said() + " values is one");
    }
    // Steps can make a text longer, a number or a country's name among them shorter.
    if (column.length() > 0 && steps.stream().noneMatch(step -> step.startsWith("phone"))) {
      schema.put("maxLength", String.valueOf(column.length()));
    }
    if (!email && steps.isEmpty() && mayBeEnumeration(field)) {
      if (whole) {
        schema.put("enum", list(texts));
        reasons.add("enum: all " + texts.said() + " values are of " + texts.words().size());
      } else {
        reasons.add(
            "an enum might do: in the sample there are " + texts.words().size() + " values only");
      }
    }
  }

  private static boolean mayBeEnumeration(FieldProfile field) {
    Map<String, Long> words = field.texts().words();
    // What has no letter is an amount or a date, of which others will come.
    return words.size() > 1
        && words.keySet().stream().allMatch(word -> word.chars().anyMatch(Character::isLetter))
        && words.values().stream().allMatch(times -> times >= OFTEN)
        && words.values().stream().mapToLong(Long::longValue).sum() >= ENOUGH;
  }

  private static String list(TextProfile texts) {
    return new TreeSet<>(texts.words().keySet())
        .stream().map(Written::quoted).collect(Collectors.joining(", ", "[", "]"));
  }
}
