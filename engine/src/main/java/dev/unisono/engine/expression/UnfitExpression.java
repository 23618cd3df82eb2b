package dev.unisono.engine.expression;

/** A text that is no expression for what it stands for; its message says why. */
public final class UnfitExpression extends Exception {
  private static final long serialVersionUID = 1L;

  UnfitExpression(String message) {
    super(message);
  }
}
