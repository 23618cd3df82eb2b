package dev.unisono.cli;

import java.util.Locale;

/** Amounts as people read them. Has no state. */
final class Words {
  private Words() {}

  /** A length of time, roughly. */
  static String about(double seconds) {
    if (seconds < 1) {
      return "under 1 s";
    }
    if (seconds < 100) {
      return "about " + Math.round(seconds) + " s";
    }
    if (seconds < 100 * 60) {
      return "about " + Math.round(seconds / 60) + " min";
    }
    return "about " + Math.round(seconds / 3600) + " h";
  }

  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** So many of something whose plural has an s. */
  static String of(long number, String what) {
    return number(number) + " " + what + (number == 1 ? "" : "s");
  }

  static String rows(long rows, boolean exact) {
    return rows < 0 ? "unknown" : (exact ? "" : "about ") + number(rows);
  }

  static String milliseconds(long nanos) {
    return nanos == 0 ? "–" : String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }
}
