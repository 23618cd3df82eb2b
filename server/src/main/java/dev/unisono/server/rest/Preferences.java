package dev.unisono.server.rest;

import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a caller prefers of a write's answer (RFC 7240). What is not known, or has no sense, is
 * passed over, as that wants it. Immutable.
 *
 * @param minimal whether the record itself is left out
 * @param atMost how long the caller waits; null where nothing is said
 * @param applied what is heeded, as the answer says it
 */
record Preferences(boolean minimal, @Nullable Duration atMost, String applied) {
  private static final int LONGEST_SECONDS = 30;

  static Preferences of(HttpServerRequest request) {
    boolean minimal = false;
    Duration atMost = null;
    List<String> applied = new ArrayList<>();
    for (String header : request.headers().getAll("Prefer")) {
      for (String item : header.split(",", -1)) {
        String[] parts = item.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).split("=", 2);
        String value = parts.length < 2 ? "" : parts[1].strip().replaceAll("^\"|\"$", "");
        switch (parts[0].strip()) {
          case "return" -> {
            if (value.equals("minimal") || value.equals("representation")) {
              minimal = value.equals("minimal");
              applied.add("return=" + value);
            }
          }
          case "wait" -> {
            if (value.matches("[0-9]{1,4}")) {
              atMost = Duration.ofSeconds(Math.clamp(Integer.parseInt(value), 1, LONGEST_SECONDS));
              applied.add("wait=" + atMost.toSeconds());
            }
          }
          default -> {
            // Another server's.
          }
        }
      }
    }
    return new Preferences(minimal, atMost, String.join(", ", applied));
  }
}
