package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.WebhookConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads how webhooks are sent. Has no state. */
final class WebhookReader {
  private WebhookReader() {}

  static WebhookConfig read(YamlMap map) {
    map.check(ConfigKeys.WEBHOOKS);
    List<AddressRange> allow = new ArrayList<>();
    for (String text : map.texts("allow")) {
      Optional<AddressRange> range = AddressRange.parse(text);
      range.ifPresent(allow::add);
      if (range.isEmpty()) {
        map.note(
            "allow",
            "wrong-value",
            "'" + text + "' is no range of addresses.",
            "Write it like 10.0.0.0/8 or ::1/128.");
      }
    }
    return new WebhookConfig(
        allow,
        duration(map, "timeout", Duration.ofSeconds(20), Duration.ofSeconds(1), 30),
        duration(map, "disable-after", Duration.ofDays(5), Duration.ofMinutes(1), 60 * 86_400));
  }

  private static Duration duration(
      YamlMap map, String key, Duration otherwise, Duration least, long mostSeconds) {
    String text = map.text(key);
    if (text == null) {
      return otherwise;
    }
    Duration duration = Amounts.duration(text);
    if (duration == null) {
      map.note(key, "wrong-type", "This is no length of time.", "Write it like 20s or 5d.");
      return otherwise;
    }
    if (duration.compareTo(least) < 0 || duration.toSeconds() > mostSeconds) {
      map.note(
          key,
          "out-of-range",
          key + " is out of its range.",
          "Choose one such as " + otherwise.toSeconds() + "s.");
      return otherwise;
    }
    return duration;
  }
}
