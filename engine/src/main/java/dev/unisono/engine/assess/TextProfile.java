package dev.unisono.engine.assess;

import java.text.Normalizer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the texts of one field are like. Keeps shapes of them, and the texts themselves only while
 * they are few and short, as those of an enumeration are. For one thread.
 */
final class TextProfile {
  private static final int MOST_WORDS = 12;
  private static final int LONGEST_WORD = 40;
  private static final int MOST_SHAPES = 256;
  private static final int SHOWN_SHAPES = 3;
  private static final int LONGEST_SHAPE = 24;

  /** Longer ones are of none of the kinds. */
  private static final int LONGEST_LOOKED_AT = 300;

  private final Spread lengths = new Spread(true);
  private final DistinctValues alike = new DistinctValues();
  private final Map<TextKind, Long> kinds = new EnumMap<>(TextKind.class);
  private final Map<String, Long> shapes = new HashMap<>();
  private List<String> common = List.of();

  /** Null once there were too many, or one that is no word. */
  private @Nullable Map<String, Long> words = new HashMap<>();

  private long count;
  private long nothing;
  private long empty;
  private long stray;
  private long runs;
  private long decomposed;
  private long shouted;
  private long repeated;

  void add(String text) {
    count++;
    lengths.add(text.codePointCount(0, text.length()));
    String trimmed = text.strip();
    empty += text.isEmpty() ? 1 : 0;
    if (trimmed.length() <= LONGEST_LOOKED_AT && TextKind.saysNothing(text)) {
      nothing++;
      return;
    }
    stray += trimmed.length() < text.length() ? 1 : 0;
    runs += trimmed.contains("  ") ? 1 : 0;
    decomposed += Normalizer.isNormalized(text, Normalizer.Form.NFC) ? 0 : 1;
    shouted += shouted(trimmed) ? 1 : 0;
    repeated += alike.add(DistinctValues.hash(alike(trimmed))) ? 0 : 1;
    word(text);
    shapes.merge(shape(trimmed), 1L, TextProfile::sum);
    if (shapes.size() > MOST_SHAPES) {
      shapes.values().removeIf(times -> times == 1);
    }
    if (shapes.size() > MOST_SHAPES) {
      shapes.clear(); // There is no shape that they have.
    }
    if (trimmed.length() <= LONGEST_LOOKED_AT) {
      for (TextKind kind : TextKind.values()) {
        if (kind.fits(trimmed)) {
          kinds.merge(kind, 1L, TextProfile::sum);
        }
      }
    }
  }

  private static Long sum(Long one, Long other) {
    return one + other;
  }

  private void word(String text) {
    Map<String, Long> known = words;
    if (known != null) {
      known.merge(text, 1L, TextProfile::sum);
      if (known.size() > MOST_WORDS || text.length() > LONGEST_WORD) {
        words = null;
      }
    }
  }

  /** All letters large, and several of them. */
  private static boolean shouted(String text) {
    return text.length() > 3
        && text.chars().filter(Character::isLetter).count() > 3
        && text.equals(text.toUpperCase(Locale.ROOT));
  }

  /** What is left where only letters and digits count, and neither their case nor their accents. */
  static String alike(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKD)
        .replaceAll("[^\\p{L}\\p{N}@]", "")
        .toLowerCase(Locale.ROOT);
  }

  /** Which characters stand where: {@code A} and {@code a} for letters, {@code 9} for digits. */
  static String shape(String text) {
    StringBuilder shape = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      int letter = text.codePointAt(i);
      i += Character.charCount(letter);
      if (shape.length() == LONGEST_SHAPE) {
        return shape.append('…').toString();
      }
      if (Character.isDigit(letter)) {
        shape.append('9');
      } else if (Character.isUpperCase(letter)) {
        shape.append('A');
      } else if (Character.isLetter(letter)) {
        shape.append('a');
      } else {
        shape.append(letter < ' ' || Character.isWhitespace(letter) ? "␣" : letter(letter));
      }
    }
    return shape.toString();
  }

  /** Signs of plain texts are shown, all others are one. */
  private static String letter(int sign) {
    return sign < 0x7f ? Character.toString(sign) : "·";
  }

  /** How many there were, the empty ones and those that say nothing included. */
  long count() {
    return count;
  }

  long empty() {
    return empty;
  }

  /** Those that only say that there is no value, the empty ones included. */
  long nothing() {
    return nothing;
  }

  /** Those that say something. */
  long said() {
    return count - nothing;
  }

  /** Those with white space at an end. */
  long stray() {
    return stray;
  }

  /** Those with several blanks in a row. */
  long runs() {
    return runs;
  }

  /** Those that are not composed (Unicode NFC). */
  long decomposed() {
    return decomposed;
  }

  long shouted() {
    return shouted;
  }

  /** Those that differ from one before them at most in case, accents, blanks and signs. */
  long repeated() {
    return repeated;
  }

  long of(TextKind kind) {
    return kinds.getOrDefault(kind, 0L);
  }

  /** Which share of those that say something looks like this. */
  double share(TextKind kind) {
    return said() == 0 ? 0 : (double) of(kind) / said();
  }

  boolean all(TextKind kind) {
    return said() > 0 && of(kind) == said();
  }

  Spread lengths() {
    return lengths;
  }

  /** The texts, each with how often it was there, where they are few and short; else none. */
  Map<String, Long> words() {
    Map<String, Long> known = words;
    return known == null ? Map.of() : Map.copyOf(known);
  }

  /** Lets go of what is needed only while texts are added. */
  void settle() {
    lengths.settle();
    alike.settle();
    common =
        shapes.entrySet().stream()
            .sorted(
                Map.Entry.<String, Long>comparingByValue()
                    .reversed()
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(SHOWN_SHAPES)
            .map(Map.Entry::getKey)
            .toList();
    shapes.clear();
  }

  /** The shapes that are there most often, the first one first; once settled. */
  List<String> shapes() {
    return common;
  }
}
