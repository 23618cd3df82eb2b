package dev.unisono.engine.standardize;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Codes by names in many languages, found whatever the letters' case and accents, blanks and dots.
 * A name that means two codes means neither. Filled once; safe for threads from then on.
 */
final class NameIndex {
  /** The languages whose names are known, as the JDK has them. */
  static final List<Locale> LANGUAGES =
      List.of(
              "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "is", "cs",
              "sk", "hu", "ro", "bg", "hr", "sl", "el", "tr", "ru", "uk", "lt", "lv", "et", "ar",
              "he", "hi", "zh", "zh-Hant", "ja", "ko", "vi", "th", "id")
          .stream()
          .map(Locale::forLanguageTag)
          .toList();

  private final Map<String, String> codes = new HashMap<>();
  private final Set<String> ambiguous = new HashSet<>();

  void add(String name, String code) {
    String key = key(name);
    if (key.length() < 2 || ambiguous.contains(key)) {
      return;
    }
    String known = codes.putIfAbsent(key, code);
    if (known != null && !known.equals(code)) {
      codes.remove(key);
      ambiguous.add(key);
    }
  }

  /** What a file beside this class says goes before what two languages make of a name. */
  void addAll(String resource) {
    try (InputStream in = Objects.requireNonNull(NameIndex.class.getResourceAsStream(resource));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int colon = line.indexOf(':');
        String code = line.substring(0, Math.max(0, colon));
        for (String name : line.substring(colon + 1).split(";", -1)) {
          codes.put(key(name), code);
        }
      }
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  @Nullable String code(String name) {
    return codes.get(key(name));
  }

  /** Letters and digits alone, small, without the accents of Latin, Greek and Cyrillic letters. */
  private static String key(String name) {
    String apart = Normalizer.normalize(name, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
    StringBuilder key = new StringBuilder(apart.length());
    apart
        .codePoints()
        .filter(letter -> Character.isLetterOrDigit(letter) || isMark(letter))
        .forEach(key::appendCodePoint);
    return key.toString();
  }

  /** In other scripts a mark is a vowel. */
  private static boolean isMark(int letter) {
    return letter > 0x36F
        && (Character.getType(letter) == Character.NON_SPACING_MARK
            || Character.getType(letter) == Character.COMBINING_SPACING_MARK);
  }
}
