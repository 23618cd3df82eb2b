package dev.unisono.engine.match;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.commons.codec.language.DoubleMetaphone;

/** How words sound, by Double Metaphone. Has no state but the codec; safe for threads. */
final class Phonetics {
  /** Longer codes tell more surnames apart than the usual four letters. */
  private static final int LETTERS = 6;

  private static final DoubleMetaphone CODEC = codec();

  private Phonetics() {}

  private static DoubleMetaphone codec() {
    DoubleMetaphone codec = new DoubleMetaphone();
    codec.setMaxCodeLen(LETTERS);
    return codec;
  }

  /** The codes of a word, one or two; the word itself where its letters are of another script. */
  static Set<String> codes(String word) {
    Set<String> codes = new LinkedHashSet<>();
    for (boolean alternate : new boolean[] {false, true}) {
      String code = CODEC.doubleMetaphone(word, alternate);
      codes.add(code == null || code.isEmpty() ? word : code);
    }
    return codes;
  }

  static boolean alike(String one, String other) {
    Set<String> common = codes(one);
    common.retainAll(codes(other));
    return !common.isEmpty();
  }
}
