package dev.unisono.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All subscribers of a run, read by one thread of their own that counts what comes and when. The
 * methods are for one other thread.
 */
final class Subscribers implements AutoCloseable {
  private static final int PORTION_BYTES = 1 << 18;

  /** One among so many has each of its events looked at. */
  private static final int WITNESS_EACH = 100;

  /** One among so many is slow, where some are. */
  private static final int SLOW_EACH = 10;

  /** So that one that does not read is a matter of the server's soon, and not of the system's. */
  private static final int SLOW_RECEIVE_BYTES = 16 << 10;

  /**
   * What is counted: the events from one number up to another, by all subscribers that are not
   * slow.
   */
  private record Count(int first, int last, DeliveryTimes times) {}

  private final Schedule schedule;
  private final Selector selector;
  private final List<Subscriber> all = new ArrayList<>();
  private final Thread thread;
  private final int slow;
  private volatile boolean closed;
  private volatile boolean halted;
  private volatile @Nullable Count count;
  private volatile long counted;
  private volatile long receivedBytes;
  private volatile int ended;
  private volatile @Nullable Throwable failure;

  Subscribers(Schedule schedule, StreamOpening opening, int connections, boolean someSlow)
      throws IOException {
    this.schedule = schedule;
    this.selector = Selector.open();
    int slowOnes = 0;
    for (int i = 0; i < connections; i++) {
      boolean witness = i % WITNESS_EACH == 0;
      boolean slow = someSlow && i % SLOW_EACH == 1;
      slowOnes += slow ? 1 : 0;
      Subscriber subscriber =
          new Subscriber(opening.open(i, slow ? SLOW_RECEIVE_BYTES : 0), slow, witness);
      subscriber.wire().channel().configureBlocking(false);
      subscriber.wire().channel().register(selector, SelectionKey.OP_READ, subscriber);
      all.add(subscriber);
    }
    this.slow = slowOnes;
    this.thread = Thread.ofPlatform().name("subscribers").daemon().start(this::run);
  }

  private void run() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(PORTION_BYTES);
    byte[] bytes = new byte[PORTION_BYTES + EventScan.OVERLAP];
    boolean halting = false;
    try {
      while (!closed) {
        selector.select(key -> readAll(key, buffer, bytes), 100);
        if (halting != halted) {
          halting = halted;
          for (SelectionKey key : selector.keys()) {
            if (key.isValid() && ((Subscriber) key.attachment()).slow()) {
              key.interestOps(halting ? 0 : SelectionKey.OP_READ);
            }
          }
        }
      }
    } catch (IOException | RuntimeException failed) {
      failure = failed;
    }
  }

  private void readAll(SelectionKey key, ByteBuffer buffer, byte[] bytes) {
    do {
      read(key, buffer, bytes);
    } while (key.isValid() && ((Subscriber) key.attachment()).wire().more());
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread alone
  private void read(SelectionKey key, ByteBuffer buffer, byte[] bytes) {
    Subscriber subscriber = (Subscriber) key.attachment();
    int before = subscriber.last();
    int read;
    try {
      read = subscriber.read(buffer, bytes);
    } catch (IOException reset) {
      read = Subscriber.ENDED;
    }
    if (read == Subscriber.ENDED) {
      key.cancel();
      end();
    } else {
      receivedBytes += read;
    }
    Count now = count;
    if (now != null && !subscriber.slow()) {
      count(now, Math.max(before + 1, now.first()), Math.min(subscriber.last(), now.last()));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread alone
  private void end() {
    ended++;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread alone
  private void count(Count now, int first, int last) {
    if (first > last || schedule.published() < last) {
      return;
    }
    long nanos = System.nanoTime();
    for (int number = first; number <= last; number++) {
      now.times().add(nanos - schedule.dueNanos(number));
    }
    counted += last - first + 1;
  }

  /** Counts events that are not sent yet, from nothing on. */
  DeliveryTimes count(int first, int last) {
    DeliveryTimes times = new DeliveryTimes();
    counted = 0;
    count = new Count(first, last, times);
    return times;
  }

  /** How many deliveries of what is counted there were so far. */
  long counted() {
    Throwable failed = failure;
    if (failed != null) {
      throw new BenchFailure("subscribers cannot be read", failed);
    }
    return counted;
  }

  /** Bytes that all have received so far, whatever they were. */
  long receivedBytes() {
    return receivedBytes;
  }

  int quick() {
    return all.size() - slow;
  }

  int size() {
    return all.size();
  }

  /** Waits until they are closed or cannot be read. */
  void join() throws InterruptedException {
    thread.join();
  }

  /** Has the slow ones stop reading, or go on. */
  void halt(boolean slowOnes) {
    halted = slowOnes;
    selector.wakeup();
  }

  /** Connections that have ended, whoever ended them. */
  int ended() {
    return ended;
  }

  /** Events that witnesses missed. */
  int missing() {
    return all.stream().mapToInt(Subscriber::missing).sum();
  }

  /** Slow ones that have had everything up to a number. */
  int slowAt(int number) {
    return (int) all.stream().filter(each -> each.slow() && each.last() >= number).count();
  }

  int slow() {
    return slow;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    for (Subscriber each : all) {
      each.wire().channel().close();
    }
    selector.close();
  }
}
