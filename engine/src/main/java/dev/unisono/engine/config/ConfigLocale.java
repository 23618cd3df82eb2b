package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads locales and time zones. Has no state. */
final class ConfigLocale {
  private ConfigLocale() {}

  static Locale read(YamlMap options, String key, Locale otherwise) {
    String text = options.text(key);
    if (text == null) {
      return otherwise;
    }
    Locale locale = Locale.forLanguageTag(text.replace('_', '-'));
    Set<String> languages = Set.of(Locale.getISOLanguages());
    if (!languages.contains(locale.getLanguage())) {
      options.note(
          key,
          "wrong-value",
          "There is no language '" + text + "'" + Nearest.question(text, languages),
          "Write it like de or de-CH.");
    }
    return locale;
  }

  static @Nullable ZoneId zone(YamlMap options, String key) {
    String text = options.text(key);
    try {
      return text == null ? null : ZoneId.of(text);
    } catch (DateTimeException unknown) {
      options.note(
          key,
          "wrong-value",
          "There is no time zone '"
              + text
              + "'"
              + Nearest.question(String.valueOf(text), ZoneId.getAvailableZoneIds()),
          "Write it like Europe/Berlin or +01:00.");
      return null;
    }
  }
}
