package dev.unisono.server.operation;

/** Is told of what was refused to a caller for want of a right. Never waits for long. */
public interface Denials {
  /** Is told in vain. */
  Denials UNHEARD = (_, _, _) -> {};

  /**
   * Something was refused.
   *
   * @param action what was tried, such as {@code change customer}
   * @param reason a sentence that says what stands against it
   */
  void denied(Caller caller, String action, String reason);
}
