package dev.unisono.engine.validate;

import java.util.List;

/**
 * The {@code minLength} and {@code maxLength} of a text, in characters (code points). Immutable;
 * safe for threads.
 */
public record TextLength(int least, int most) implements ValueCheck {
  @Override
  public boolean holds(Object value) {
    if (!(value instanceof String text)) {
      return true;
    }
    // No text has more characters than chars, nor less than half as many.
    if (text.length() <= most && text.length() / 2 >= least) {
      return true;
    }
    int length = text.codePointCount(0, text.length());
    return length >= least && length <= most;
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    int length = ((String) value).codePointCount(0, ((String) value).length());
    String has = " characters; it has " + length;
    findings.add(
        length < least
            ? Finding.of(place, "too-short", value, "must have at least " + least + has)
            : Finding.of(place, "too-long", value, "must have at most " + most + has));
  }
}
