package dev.unisono.engine.assess;

import java.util.Locale;

/** Shares as people read them. Has no state. */
public final class Percent {
  private Percent() {}

  /** A share of one in percent: 100 % or 0 % only where it is just that. */
  public static String of(double share) {
    double percent = share * 100;
    if (percent > 0 && percent < 0.1) {
      return "under 0.1 %";
    }
    if (percent < 100 && percent > 99.9) {
      return "over 99.9 %";
    }
    return String.format(
        Locale.ROOT, percent == Math.rint(percent) ? "%.0f %%" : "%.1f %%", percent);
  }
}
