package dev.unisono.engine.config;

import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.engine.convert.Conversion;
import dev.unisono.engine.convert.Conversions;
import dev.unisono.engine.convert.Conversions.UnfitConversion;
import dev.unisono.engine.convert.Conversions.Written;
import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Reads how a member keeps one field in a form of its own. Has no state. */
final class ConversionReader {
  private static final int MOST_DIGITS = 30;
  private static final BigDecimal LARGEST_SCALE = new BigDecimal("1e12");
  private static final List<ConfigKey> KEYS =
      Stream.concat(ConfigKeys.CONVERSIONS.stream(), ConfigKeys.CONVERSION_OPTIONS.stream())
          .toList();

  private static final Set<ValueType> NUMBERS =
      EnumSet.of(ValueType.LONG, ValueType.DECIMAL, ValueType.DOUBLE);

  /** For each conversion which options it has, and of which types its field may be. */
  private record Kind(Set<String> options, Set<ValueType> types, String wants) {}

  private static final Map<String, Kind> KINDS =
      Map.of(
          "unit",
          new Kind(Set.of("to", "digits", "form", "locale", "grouping"), NUMBERS, "a number"),
          "scale",
          new Kind(Set.of("digits"), NUMBERS, "a number"),
          "number",
          new Kind(Set.of("digits", "grouping"), NUMBERS, "a number"),
          "date",
          new Kind(Set.of("locale"), EnumSet.of(ValueType.DATE), "a date"),
          "date-time",
          new Kind(Set.of("locale", "zone"), EnumSet.of(ValueType.TIMESTAMP), "a time"),
          "epoch",
          new Kind(Set.of(), EnumSet.of(ValueType.TIMESTAMP), "a time"),
          "boolean",
          new Kind(Set.of(), EnumSet.of(ValueType.BOOLEAN), "true or false"),
          "codes",
          new Kind(
              Set.of(),
              EnumSet.of(ValueType.STRING, ValueType.LONG, ValueType.BOOLEAN),
              "a text, an integer or a boolean"));

  private ConversionReader() {}

  /** Empty where it is wrong, which is noted. */
  static Optional<Conversion> read(YamlMap convert, Field field) {
    convert.check(KEYS);
    List<String> kinds =
        ConfigKeys.CONVERSIONS.stream()
            .map(ConfigKey::name)
            .filter(name -> !convert.isNull(name))
            .toList();
    if (kinds.size() != 1) {
      convert.note(
          convert.node(),
          null,
          "wrong-value",
          "A conversion is by one thing; here are " + kinds.size() + ".",
          "Write one of " + names() + ".");
      return Optional.empty();
    }
    String name = kinds.getFirst();
    Kind kind = Objects.requireNonNull(KINDS.get(name));
    for (ConfigKey option : ConfigKeys.CONVERSION_OPTIONS) {
      if (convert.has(option.name()) && !kind.options().contains(option.name())) {
        convert.note(
            option.name(),
            "wrong-value",
            "'" + option.name() + "' has no meaning beside " + name + ".",
            "Leave it out.");
      }
    }
    if (!kind.types().contains(field.type())) {
      convert.note(
          name,
          "conversion-type",
          "'" + field.name() + "' is not " + kind.wants() + ", which " + name + " needs.",
          "Choose another conversion, or another type in the entity's schema.");
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(made(convert, name, field.type()));
    } catch (UnfitConversion unfit) {
      convert.note(
          name,
          unfit.loses() ? "conversion-loses" : "wrong-value",
          unfit.message(),
          unfit.remedy());
      return Optional.empty();
    }
  }

  private static String names() {
    return String.join(", ", ConfigKeys.CONVERSIONS.stream().map(ConfigKey::name).toList());
  }

  /** Null where something is wrong that was noted. */
  private static @Nullable Conversion made(YamlMap convert, String name, ValueType type)
      throws UnfitConversion {
    String text = name.equals("boolean") || name.equals("codes") ? "" : convert.text(name);
    if (text == null) {
      return null;
    }
    return switch (name) {
      case "unit" -> unit(convert, text, type);
      case "scale" -> scale(convert, text, type);
      case "number" ->
          Conversions.number(
              type,
              ConfigLocale.read(convert, name, Locale.ENGLISH),
              convert.flag("grouping", false),
              digits(convert));
      case "date" -> Conversions.date(text, ConfigLocale.read(convert, "locale", Locale.ENGLISH));
      case "date-time" ->
          Conversions.dateTime(
              text,
              ConfigLocale.read(convert, "locale", Locale.ENGLISH),
              Objects.requireNonNullElse(
                  ConfigLocale.zone(convert, "zone"), (ZoneId) ZoneOffset.UTC));
      case "epoch" -> epoch(convert, text);
      case "boolean" -> words(convert.map(name));
      default -> codes(convert.map(name), type);
    };
  }

  private static @Nullable Integer digits(YamlMap convert) {
    Integer digits = convert.integer("digits");
    if (digits != null && (digits < 0 || digits > MOST_DIGITS)) {
      convert.note(
          "digits",
          "out-of-range",
          "digits is " + digits + ".",
          "Choose a number from 0 to " + MOST_DIGITS + ".");
      return null;
    }
    return digits;
  }

  private static @Nullable Conversion unit(YamlMap convert, String unit, ValueType type)
      throws UnfitConversion {
    String to = convert.text("to");
    if (to == null) {
      convert.note(
          convert.node(), "to", "missing-key", "'to' is missing.", "Name the unit of the field.");
      return null;
    }
    String form = convert.text("form", "number");
    if (!Set.of("number", "text", "text-with-unit").contains(form)) {
      convert.note(
          "form",
          "wrong-value",
          "There is no form '" + form + "'.",
          "Use number, text or text-with-unit.");
    }
    boolean text = !form.equals("number");
    for (String key : List.of("locale", "grouping")) {
      if (convert.has(key) && !text) {
        convert.note(
            key,
            "wrong-value",
            "'" + key + "' has a meaning only for texts.",
            "Leave it out, or write form: text.");
      }
    }
    Written written =
        text
            ? new Written(
                ConfigLocale.read(convert, "locale", Locale.ENGLISH),
                convert.flag("grouping", false),
                form.equals("text-with-unit"))
            : Written.PLAIN;
    return Conversions.unit(type, unit, to, digits(convert), written);
  }

  private static @Nullable Conversion scale(YamlMap convert, String text, ValueType type)
      throws UnfitConversion {
    BigDecimal scale;
    try {
      scale = text.length() > 50 ? BigDecimal.ZERO : new BigDecimal(text);
    } catch (NumberFormatException none) {
      scale = BigDecimal.ZERO;
    }
    if (scale.signum() <= 0 || scale.compareTo(LARGEST_SCALE) > 0 || scale.scale() > MOST_DIGITS) {
      convert.note(
          "scale", "wrong-value", "This is no scale.", "Write a number above 0 such as 100.");
      return null;
    }
    return Conversions.scale(type, scale, Objects.requireNonNullElse(digits(convert), 0));
  }

  private static @Nullable Conversion epoch(YamlMap convert, String text) {
    return switch (text) {
      case "seconds" -> Conversions.epoch(ChronoUnit.SECONDS);
      case "milliseconds" -> Conversions.epoch(ChronoUnit.MILLIS);
      case "microseconds" -> Conversions.epoch(ChronoUnit.MICROS);
      default -> {
        convert.note(
            "epoch",
            "wrong-value",
            "There is no unit '" + text + "' here.",
            "Use seconds, milliseconds or microseconds.");
        yield null;
      }
    };
  }

  /** The words for true and false. */
  private static @Nullable Conversion words(YamlMap words) throws UnfitConversion {
    if (!Set.copyOf(words.names()).equals(Set.of("true", "false"))) {
      words.note(
          words.node(),
          null,
          "wrong-value",
          "The words for true and for false are expected here.",
          "Write them like { true: \"Y\", false: \"N\" }.");
      return null;
    }
    List<Node> nodes = List.of(words.node("true"), words.node("false"));
    ValueType stored = stored(nodes);
    Map<Object, Object> values = new LinkedHashMap<>();
    boolean value = true;
    for (Node node : nodes) {
      Object word = code(node, stored);
      if (word == null || values.put(word, value) != null) {
        words.note(
            node,
            null,
            "wrong-value",
            "Two different words are expected here.",
            "Write them like { true: \"Y\", false: \"N\" }.");
        return null;
      }
      value = false;
    }
    return Conversions.codes(stored, values);
  }

  private static @Nullable Conversion codes(YamlMap codes, ValueType type) throws UnfitConversion {
    ValueType stored = stored(codes.names().stream().map(codes::keyNode).toList());
    Map<Object, Object> values = new LinkedHashMap<>();
    List<String> wrong = new ArrayList<>();
    for (String name : codes.names()) {
      Object code = code(codes.keyNode(name), stored);
      Object value = value(codes.node(name), type);
      if (code == null || value == null) {
        wrong.add(name);
      } else {
        values.put(code, value);
      }
    }
    if (values.isEmpty() || !wrong.isEmpty()) {
      codes.note(
          codes.node(),
          null,
          "wrong-value",
          "Codes with a value of the field each are expected here"
              + (wrong.isEmpty() ? "." : ", not of: " + String.join(", ", wrong) + "."),
          "Write them like { \"1\": active, \"2\": closed }.");
      return null;
    }
    return Conversions.codes(stored, values);
  }

  /** Numbers without quotes are a column of numbers; one with them makes all of them texts. */
  private static ValueType stored(List<Node> codes) {
    return codes.stream().allMatch(code -> number(code) != null)
        ? ValueType.LONG
        : ValueType.STRING;
  }

  /** What has zeros in front is a text though YAML takes it for a number. */
  private static @Nullable Long number(Node node) {
    if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(Tag.INT)) {
      return null;
    }
    try {
      Long number = Long.valueOf(scalar.getValue());
      return number.toString().equals(scalar.getValue()) ? number : null;
    } catch (NumberFormatException other) {
      return null;
    }
  }

  private static @Nullable Object code(Node node, ValueType stored) {
    if (stored == ValueType.LONG) {
      return number(node);
    }
    return node instanceof ScalarNode scalar && !YamlMap.isNull(node) ? scalar.getValue() : null;
  }

  private static @Nullable Object value(Node node, ValueType type) {
    if (!(node instanceof ScalarNode scalar) || YamlMap.isNull(node)) {
      return null;
    }
    String text = scalar.getValue();
    return switch (type) {
      case STRING -> text;
      case LONG -> number(node);
      case BOOLEAN ->
          text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
      case DECIMAL, DOUBLE, BYTES, DATE, TIME, TIMESTAMP, UUID, JSON, ARRAY -> null;
    };
  }
}
