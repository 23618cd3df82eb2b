package dev.unisono.spi;

/** What became of the deliveries given to a {@link Lane}. Immutable. */
public sealed interface DeliveryOutcome {
  /**
   * How many, from the first, are now committed in the target together with the cursor. What
   * follows them was rolled back.
   */
  int applied();

  /** The same where so many before them were applied, too. */
  default DeliveryOutcome after(int before) {
    return switch (this) {
      case Applied applied -> new Applied(before + applied.applied());
      case Waiting waiting ->
          new Waiting(before + waiting.applied(), waiting.cause(), waiting.constraint());
      case Refused refused ->
          new Refused(before + refused.applied(), refused.cause(), refused.constraint());
    };
  }

  /** All are committed. */
  record Applied(int applied) implements DeliveryOutcome {}

  /**
   * The delivery at index {@code applied} refers to a row that is not there, is still referred to
   * by one that is, or has a value that another row must give up first: it may succeed once the
   * other lanes have gone further.
   *
   * @param constraint what stands against it, named the same for every row that it stands against
   */
  record Waiting(int applied, Problem cause, String constraint) implements DeliveryOutcome {}

  /**
   * The delivery at index {@code applied} can never succeed as it is.
   *
   * @param constraint what refuses it, named the same for every row that it refuses
   */
  record Refused(int applied, Problem cause, String constraint) implements DeliveryOutcome {}
}
