package dev.unisono.spi;

/** Takes what a source reads; made by the engine. For the one thread that runs the source. */
public interface ChangeSink {
  /**
   * Hands a batch over; blocks while the engine's buffer of bytes for this source is full
   * (invariant 7). When it returns, the batch is in line, not yet durable. Does not return for a
   * batch with learned columns: the source is stopped once that is durable, and started anew.
   *
   * @throws InterruptedException when the source shall stop
   */
  void accept(Batch batch) throws InterruptedException;

  /**
   * Says what the source is doing, for status and metrics; cheap, may be called often, and from any
   * thread of the source.
   */
  void progress(SourceProgress progress);

  /** What those hold who are fed from the journal; for any thread of the source. */
  KnownKeys knownKeys();
}
