package dev.unisono.server.stream;

import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.Consumers.Acknowledged;
import dev.unisono.server.operation.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what consumers acknowledge: many at once in one transaction, while the next ones gather.
 * Safe for threads.
 */
public final class Acknowledgements implements AutoCloseable {
  private static final int MOST_IN_LINE = 10_000;
  private static final int MOST_AT_ONCE = 1_000;

  /**
   * One that was handed in.
   *
   * @param then told when it is durable, or with why it is not; must not block
   */
  private record Waiting(Acknowledged acknowledged, Consumer<@Nullable Failure> then) {}

  private final Consumers consumers;
  private final BlockingQueue<Waiting> line = new ArrayBlockingQueue<>(MOST_IN_LINE);
  private final Thread thread;

  public Acknowledgements(Consumers consumers) {
    this.consumers = consumers;
    this.thread = Thread.ofVirtual().name("acknowledgements").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** Hands one in; false where too many are in line, so that the caller has to ask again. */
  boolean offer(Acknowledged acknowledged, Consumer<@Nullable Failure> then) {
    return line.offer(new Waiting(acknowledged, then));
  }

  private void run() {
    try {
      while (true) {
        List<Waiting> some = new ArrayList<>();
        some.add(line.take());
        line.drainTo(some, MOST_AT_ONCE - 1);
        Failure failure = null;
        try {
          consumers.write(some.stream().map(Waiting::acknowledged).toList());
        } catch (RuntimeException failed) {
          failure = Failure.of(failed, false);
        }
        for (Waiting each : some) {
          each.then().accept(failure);
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
