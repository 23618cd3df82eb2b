package dev.unisono.engine.validate;

import com.networknt.schema.regex.RegularExpression;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A {@code pattern}, found anywhere in a text: a regular expression of ECMA-262, in Java's own.
 * Each try may look at so many characters and no more, so that no text can make it hang; what is
 * not decided by then does not match. Immutable; safe for threads.
 */
public final class TextPattern implements ValueCheck, RegularExpression {
  /** Characters that one try may look at, and for each of the text so many more. */
  private static final int LOOKS = 1_000_000;

  private static final int LOOKS_FOR_EACH = 20;

  private final String text;
  private final Pattern pattern;

  private TextPattern(String text, Pattern pattern) {
    this.text = text;
    this.pattern = pattern;
  }

  /**
   * Compiles a regular expression.
   *
   * @throws PatternSyntaxException where it is none
   */
  public static TextPattern compile(String text) {
    return new TextPattern(text, Pattern.compile(EcmaPattern.inJava(text)));
  }

  @Override
  public boolean matches(String value) {
    try {
      return pattern.matcher(new Counted(value)).find();
    } catch (TooManyLooks | StackOverflowError undecided) {
      return false;
    }
  }

  @Override
  public boolean holds(Object value) {
    return !(value instanceof String given) || matches(given);
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    findings.add(Finding.of(place, "pattern", value, "does not match " + text));
  }

  private static final class TooManyLooks extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManyLooks() {
      super(null, null, false, false);
    }
  }

  /** A text that counts how often it is looked at. For one thread. */
  private static final class Counted implements CharSequence {
    private final String text;
    private long left;

    Counted(String text) {
      this.text = text;
      this.left = LOOKS + (long) LOOKS_FOR_EACH * text.length();
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (left-- == 0) {
        throw new TooManyLooks();
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
