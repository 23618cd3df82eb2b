package dev.unisono.engine.standardize;

import java.text.Normalizer;
import java.util.Locale;

/** The steps that have no options. Has no state; safe for threads. */
enum PlainStep implements Step {
  TRIM {
    @Override
    public String apply(String text) {
      return Spaces.trimmed(text);
    }
  },
  COLLAPSE_SPACES {
    @Override
    public String apply(String text) {
      return Spaces.collapsed(text);
    }
  },
  UNICODE_NFC {
    @Override
    public String apply(String text) {
      return Normalizer.isNormalized(text, Normalizer.Form.NFC)
          ? text
          : Normalizer.normalize(text, Normalizer.Form.NFC);
    }
  },
  LOWER_CASE {
    @Override
    public String apply(String text) {
      return text.toLowerCase(Locale.ROOT);
    }
  },
  UPPER_CASE {
    @Override
    public String apply(String text) {
      return text.toUpperCase(Locale.ROOT);
    }
  },
  TITLE_CASE {
    @Override
    public String apply(String text) {
      return titleCase(text);
    }
  },
  EMAIL {
    @Override
    public String apply(String text) {
      return email(text);
    }
  };

  /** Each run of letters begins with its title-case letter and goes on in lower case. */
  private static String titleCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); ) {
      int given = text.codePointAt(i);
      i += Character.charCount(given);
      int letter = inWord ? Character.toLowerCase(given) : Character.toTitleCase(given);
      out.appendCodePoint(letter);
      // By what was made of it: a mark may become a letter.
      inWord = Character.isLetter(letter) || (inWord && isMark(letter));
    }
    return out.toString();
  }

  /** An accent, for instance, where a text keeps it apart from its letter. */
  private static boolean isMark(int letter) {
    return switch (Character.getType(letter)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }

  /** What is before the at sign is its server's own, and stays as it is. */
  private static String email(String text) {
    String trimmed = Spaces.trimmed(text);
    int at = trimmed.indexOf('@');
    if (at < 1 || at != trimmed.lastIndexOf('@') || Spaces.any(trimmed)) {
      return text;
    }
    String domain = HostName.ascii(trimmed.substring(at + 1));
    return domain == null ? text : trimmed.substring(0, at + 1) + domain;
  }
}
