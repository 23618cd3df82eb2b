package dev.unisono.engine.assess;

import java.util.Arrays;
import java.util.Random;

/**
 * How numbers lie: the least, the greatest, and how many are far from the others, told from a
 * bounded share of them that is chosen at random (invariant 7). For one thread.
 */
final class Spread {
  private static final int MOST = 4_096;
  private static final int FIRST = 64;

  /** With fewer, quartiles say little. */
  private static final int LEAST = 20;

  /** Tukey's outer fence: so many times the distance of the quartiles beyond them. */
  private static final double FAR = 3.0;

  private static final double TWICE = 2.0;

  private final boolean lengths;
  private double[] kept = new double[FIRST];

  /** Always the same, so that a report can be repeated. */
  private final Random random = new Random(MOST);

  private long count;
  private double least = Double.POSITIVE_INFINITY;
  private double greatest = Double.NEGATIVE_INFINITY;
  private double outliers;

  /**
   * @param lengths true where they are lengths of texts, which vary a little anyhow: then those are
   *     far that are more than twice as long as nearly all
   */
  Spread(boolean lengths) {
    this.lengths = lengths;
  }

  void add(double number) {
    if (!Double.isFinite(number)) {
      return;
    }
    least = Math.min(least, number);
    greatest = Math.max(greatest, number);
    if (count < MOST) {
      if (count == kept.length) {
        kept = Arrays.copyOf(kept, kept.length * 2);
      }
      kept[(int) count] = number;
    } else {
      long place = random.nextLong(count + 1);
      if (place < MOST) {
        kept[(int) place] = number;
      }
    }
    count++;
  }

  long count() {
    return count;
  }

  double least() {
    return count == 0 ? 0 : least;
  }

  double greatest() {
    return count == 0 ? 0 : greatest;
  }

  /** Which share of the numbers is far outside of where the middle half lies; once settled. */
  double outlierShare() {
    return outliers;
  }

  /** Lets go of the numbers: none is added any more. */
  void settle() {
    outliers = outliersFound();
    kept = new double[0];
  }

  private double outliersFound() {
    int size = (int) Math.min(count, MOST);
    if (size < LEAST) {
      return 0;
    }
    double[] sorted = Arrays.copyOf(kept, size);
    Arrays.sort(sorted);
    double low = sorted[size / 4];
    double high = sorted[size * 3 / 4];
    double reach = FAR * (high - low);
    if (reach == 0) {
      return 0; // Most are the same: then what differs is no outlier, but the news.
    }
    int out = 0;
    for (double number : sorted) {
      boolean large = number > high + reach && (!lengths || number > TWICE * high);
      out += large || (!lengths && number < low - reach) ? 1 : 0;
    }
    return (double) out / size;
  }
}
