package dev.unisono.engine;

import java.util.Collection;
import java.util.Optional;

/** Finds what somebody who mistyped a name may have meant. Has no state; safe for threads. */
public final class Nearest {
  private Nearest() {}

  /** The known name that differs least, where it does not differ much. */
  public static Optional<String> to(String name, Collection<String> known) {
    int allowed = Math.max(1, Math.min(3, name.length() / 2));
    String best = null;
    int least = allowed + 1;
    for (String candidate : known) {
      int distance = distance(name, candidate);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return Optional.ofNullable(best);
  }

  /** {@code ; did you mean 'x'?}, or a full stop where nothing is near. */
  public static String question(String name, Collection<String> known) {
    return to(name, known).map(near -> "; did you mean '" + near + "'?").orElse(".");
  }

  /** Levenshtein's distance, by rows. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
