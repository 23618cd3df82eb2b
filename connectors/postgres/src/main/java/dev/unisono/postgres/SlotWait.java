package dev.unisono.postgres;

import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.UnisonoException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Says whom the making of a slot waits for: the server lets it begin only where every transaction
 * that runs at that moment, in any database, has ended. On a thread of its own.
 */
final class SlotWait implements AutoCloseable {
  private static final long PAUSE_MILLIS = 1_000;
  private static final int SHOWN = 3;

  private final SideSession session;
  private final ChangeSink sink;
  private final Thread thread;
  private boolean closed;

  SlotWait(Database database, ChangeSink sink) {
    this.session = new SideSession(database);
    this.sink = sink;
    this.thread =
        Thread.ofVirtual().name("source-" + database.system() + "-wait").unstarted(this::run);
  }

  void begin() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        say(
            session.holders(session.snapshot().running()).values().stream()
                .map(SideSession.Holder::text)
                .limit(SHOWN)
                .collect(Collectors.joining("; ")));
      }
    } catch (InterruptedException done) {
      Thread.currentThread().interrupt();
    } catch (UnisonoException unsaid) {
      // Whoever makes the slot says what is wrong.
    } finally {
      session.close();
    }
  }

  private synchronized void say(String holders) {
    if (!closed && !holders.isEmpty()) {
      sink.progress(SourceProgress.connecting(holders));
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    thread.interrupt();
    session.close();
  }
}
