package dev.unisono.engine.standardize;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The letters of a person's name. A word that is all large or all small is written as names are;
 * one that has both is somebody's choice, and kept. Immutable; safe for threads.
 *
 * @param locale by which letters are made large and small
 */
record NameStep(Locale locale) implements Step {
  /** Small, wherever another word follows. */
  private static final Set<String> PARTICLES =
      Set.of(
          "van", "von", "vom", "zu", "zum", "zur", "und", "de", "der", "del", "della", "delle",
          "degli", "dei", "di", "da", "das", "do", "dos", "du", "des", "af", "av", "bin", "ibn",
          "bint", "binti", "ter", "ten", "y");

  /** Small behind another particle only: elsewhere they begin names. */
  private static final Set<String> ARTICLES =
      Set.of("la", "le", "las", "los", "les", "lo", "den", "het");

  /** Small before another particle only. */
  private static final Set<String> PREPOSITIONS = Set.of("in", "op", "aan", "uit");

  /** Small before a hyphen, as the article of Arabic names is. */
  private static final Set<String> ARABIC_ARTICLES =
      Set.of("al", "el", "ad", "ar", "as", "ash", "az", "ul", "ud");

  /** What names begin with whose second part begins with a large letter behind an apostrophe. */
  private static final Set<String> ELIDED =
      Set.of("dell", "dall", "nell", "sull", "all", "degl", "sant", "un");

  private static final Set<String> NUMERALS =
      Set.of("II", "III", "IV", "VI", "VII", "VIII", "IX", "XII", "XIII", "XIV", "XV", "XVI");

  /** Clans: with other letters behind it, Mac is part of another word. */
  private static final Set<String> CLANS =
      Set.of(
          "alister",
          "allister",
          "arthur",
          "aulay",
          "bride",
          "carthy",
          "cormack",
          "donald",
          "donnell",
          "dougall",
          "duff",
          "farlane",
          "gregor",
          "ginnis",
          "innes",
          "intosh",
          "intyre",
          "kenzie",
          "kinnon",
          "lachlan",
          "laren",
          "lean",
          "leod",
          "millan",
          "namara",
          "neil",
          "neill",
          "pherson",
          "quarrie",
          "rae",
          "tavish");

  private static final String APOSTROPHES = "'\u2019\u02BC";

  @Override
  public String apply(String text) {
    return AtRest.of(text, this::cased);
  }

  private String cased(String text) {
    List<String> words = words(text);
    StringBuilder out = new StringBuilder(text.length());
    String before = "";
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.isEmpty() || Spaces.is(word.charAt(0))) {
        out.append(word);
        continue;
      }
      String next = i + 2 < words.size() ? words.get(i + 2) : "";
      out.append(word(word, before, next));
      before = word;
    }
    return out.toString();
  }

  /** Words, and the white space between them. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int from = 0;
    for (int i = 1; i <= text.length(); i++) {
      if (i == text.length() || Spaces.is(text.charAt(i)) != Spaces.is(text.charAt(i - 1))) {
        words.add(text.substring(from, i));
        from = i;
      }
    }
    return words;
  }

  private String word(String word, String before, String next) {
    if (isMixed(word) && !isInverted(word)) {
      return parts(word, true);
    }
    String small = small(word);
    if (!next.isEmpty() && isParticle(small, small(before), small(next))) {
      return small;
    }
    String large = word.toUpperCase(Locale.ROOT);
    if (next.isEmpty() && !before.isEmpty() && NUMERALS.contains(large)) {
      return large;
    }
    return parts(word, false);
  }

  private static boolean isParticle(String word, String before, String next) {
    return PARTICLES.contains(word)
        || (ARTICLES.contains(word)
            && (PARTICLES.contains(before) || PREPOSITIONS.contains(before)))
        || (PREPOSITIONS.contains(word)
            && (ARTICLES.contains(next) || PARTICLES.contains(next) || isShortArticle(next)))
        || isShortArticle(word);
  }

  /** 't and 's, as Dutch names have them. */
  private static boolean isShortArticle(String word) {
    return word.length() == 2 && APOSTROPHES.indexOf(word.charAt(0)) >= 0;
  }

  /**
   * Part by part, as hyphens and full stops divide a word.
   *
   * @param kept true where parts that have large and small letters stay as they are
   */
  private String parts(String word, boolean kept) {
    StringBuilder out = new StringBuilder(word.length());
    int from = 0;
    for (int i = 0; i <= word.length(); i++) {
      if (i < word.length() && isOfPart(word, i)) {
        continue;
      }
      String part = word.substring(from, i);
      boolean hyphen = i < word.length() && word.charAt(i) == '-' && i + 1 < word.length();
      boolean middle = hyphen && from > 0 && word.charAt(from - 1) == '-';
      out.append(part(part, kept, hyphen && from == 0, middle));
      if (i < word.length()) {
        out.append(word.charAt(i));
      }
      from = i + 1;
    }
    return out.toString();
  }

  private static boolean isOfPart(String word, int at) {
    char letter = word.charAt(at);
    return Character.isSurrogate(letter)
        || Character.isLetterOrDigit(letter)
        || APOSTROPHES.indexOf(letter) >= 0
        || Character.getType(letter) == Character.NON_SPACING_MARK
        || Character.getType(letter) == Character.COMBINING_SPACING_MARK;
  }

  private String part(String part, boolean kept, boolean beforeHyphen, boolean middle) {
    if (part.isEmpty() || (kept && isMixed(part))) {
      return part;
    }
    boolean wasSmall = part.equals(small(part));
    String small = small(part);
    if ((beforeHyphen && ARABIC_ARTICLES.contains(small))
        || (middle && (PARTICLES.contains(small) || ARTICLES.contains(small)))) {
      return small;
    }
    int apostrophe = apostrophe(small);
    if (apostrophe > 0) {
      return withApostrophe(small, apostrophe, wasSmall);
    }
    if (apostrophe == 0 && small.length() > 2) {
      return small.charAt(0) + capital(small.substring(1));
    }
    return capital(small);
  }

  private static int apostrophe(String part) {
    for (int i = 0; i < part.length(); i++) {
      if (APOSTROPHES.indexOf(part.charAt(i)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** O'Neil, D'Angelo, l'Hôpital, Dell'Acqua; but Sa'id. */
  private String withApostrophe(String small, int at, boolean wasSmall) {
    String before = small.substring(0, at);
    String behind = small.substring(at + 1);
    boolean begins = behind.length() > 1 && (at == 1 || ELIDED.contains(before));
    if (!begins) {
      return capital(small);
    }
    boolean french = wasSmall && (before.equals("d") || before.equals("l"));
    return (french ? before : capital(before)) + small.charAt(at) + capital(behind);
  }

  private String capital(String small) {
    if (small.isEmpty()) {
      return small;
    }
    if (small.length() > 4 && small.startsWith("mc")) {
      return "Mc" + title(small.substring(2));
    }
    if (small.startsWith("mac") && CLANS.contains(small.substring(3))) {
      return "Mac" + title(small.substring(3));
    }
    if (small.length() > 3 && small.startsWith("ij") && "aeiou".indexOf(small.charAt(2)) < 0) {
      return "IJ" + small.substring(2);
    }
    return title(small);
  }

  private String title(String small) {
    int first = small.codePointAt(0);
    String rest = small.substring(Character.charCount(first));
    boolean turkish = first == 'i' && isTurkic();
    return (turkish ? "İ" : Character.toString(Character.toTitleCase(first))) + rest;
  }

  private boolean isTurkic() {
    return locale.getLanguage().equals("tr") || locale.getLanguage().equals("az");
  }

  /** The large i with a dot is Turkish wherever it stands, and small it is one letter. */
  private String small(String text) {
    return text.replace('İ', 'i').toLowerCase(locale);
  }

  private static boolean isMixed(String word) {
    return word.codePoints().anyMatch(NameStep::isLarge)
        && word.codePoints().anyMatch(Character::isLowerCase);
  }

  private static boolean isLarge(int letter) {
    return Character.isUpperCase(letter) || Character.isTitleCase(letter);
  }

  /** As a keyboard writes it with its caps lock on by mistake: aNNA. */
  private static boolean isInverted(String word) {
    int[] letters = word.codePoints().filter(Character::isLetter).toArray();
    if (letters.length < 3 || !Character.isLowerCase(letters[0])) {
      return false;
    }
    for (int i = 1; i < letters.length; i++) {
      if (!isLarge(letters[i])) {
        return false;
      }
    }
    return APOSTROPHES.indexOf(word.charAt(1)) < 0;
  }
}
