package dev.unisono.jdbc;

import dev.unisono.spi.Batch;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import java.util.Map;

/** A source, and what happens each time right after it has handed a batch over. As its source. */
final class Meanwhile implements Source {
  private final Source source;
  private final Happening happening;

  /** What happens; on the source's thread. */
  @FunctionalInterface
  interface Happening {
    /** Does it; batches are counted from 1. */
    void after(int number, Batch batch) throws Exception;
  }

  Meanwhile(Source source, Happening happening) {
    this.source = source;
    this.happening = happening;
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    source.run(
        state,
        new ChangeSink() {
          private int number;

          @Override
          public void accept(Batch batch) throws InterruptedException {
            sink.accept(batch);
            try {
              happening.after(++number, batch);
            } catch (InterruptedException stop) {
              throw stop;
            } catch (Exception failed) {
              throw new AssertionError(failed);
            }
          }

          @Override
          public void progress(SourceProgress progress) {
            sink.progress(progress);
          }

          @Override
          public KnownKeys knownKeys() {
            return sink.knownKeys();
          }
        });
  }

  @Override
  public void durable(long mark) {
    source.durable(mark);
  }

  @Override
  public void command(SnapshotCommand command) {
    source.command(command);
  }

  @Override
  public void close() {
    source.close();
  }
}
