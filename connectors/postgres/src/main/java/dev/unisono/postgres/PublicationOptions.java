package dev.unisono.postgres;

import dev.unisono.spi.Settings;

/**
 * Which publication is read, as configured. Immutable.
 *
 * @param name what it is called
 * @param namedColumns whether it shows of each table only columns that the config names; else all
 */
record PublicationOptions(String name, boolean namedColumns) {
  static final String COLUMNS = "publish-columns";

  static PublicationOptions of(Settings settings, String defaultName) {
    return new PublicationOptions(
        settings.optionalText("publication").orElse(defaultName),
        settings.text(COLUMNS).equals("named"));
  }
}
