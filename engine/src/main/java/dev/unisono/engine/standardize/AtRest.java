package dev.unisono.engine.standardize;

import java.util.function.UnaryOperator;

/** Keeps a step from what another turn would change again. Has no state. */
final class AtRest {
  private AtRest() {}

  /** What a function gives where taking it twice changes nothing; else the text itself. */
  static String of(String text, UnaryOperator<String> function) {
    String once = function.apply(text);
    return once.equals(text) || function.apply(once).equals(once) ? once : text;
  }
}
