package dev.unisono.hub;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends a feed's events to its subscribers. One thread reads the feed and makes blocks; each event
 * loop owns the list of its subscribers, writes a block to each of them and flushes once. One block
 * is under way at a time: while loops are busy the next one grows by itself, and while nothing is,
 * an event leaves at once. Who falls behind is served from the feed by a thread of its own, and let
 * go if it does not even follow that. Safe for threads.
 */
public final class Hub implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Hub.class.getName());

  private static final int BLOCK_BYTES = 1 << 20;

  /** With a second one in line, an event that comes just then would wait for two. */
  private static final int BLOCKS_UNDER_WAY = 1;

  /** What one that catches up is given at a time. */
  private static final int PORTION_BYTES = BLOCK_BYTES / 4;

  private static final int PORTION_EVENTS = 500;

  /** What is read at a time for one that catches up with fewer events in the place of many. */
  private static final int CONFLATED_BYTES = 4 << 20;

  /** So many do that at once: it takes some times as much memory until it is written. */
  private static final int MOST_CONFLATING = 2;

  /** More than this in line for a connection, and it is no longer served live. */
  private static final long HIGH_BYTES = 2L << 20;

  /** A connection is served again when no more than this is in line. */
  private static final long LOW_BYTES = 256L << 10;

  private static final Duration IDLE_WAIT = Duration.ofMillis(500);
  private static final long POLL_MILLIS = 5;

  private final Feed feed;
  private final Duration patience;

  /** Also the lock under which it is decided what a loop is given next. */
  private final Map<EventLoop, LoopSubscribers> loops = new HashMap<>();

  private final Semaphore underWay = new Semaphore(BLOCKS_UNDER_WAY);
  private final Semaphore conflating = new Semaphore(MOST_CONFLATING);
  private final AtomicInteger subscribers = new AtomicInteger();
  private final AtomicLong sent = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  /** How far the feed was given to the loops; written under the lock. */
  private volatile long dispatched;

  /** The subscribers of one event loop; touched by that loop alone. */
  private static final class LoopSubscribers {
    final EventLoop loop;
    final Set<Subscription> live = new LinkedHashSet<>();

    /** Blocks were given to this loop up to here. */
    long through;

    LoopSubscribers(EventLoop loop, long through) {
      this.loop = loop;
      this.through = through;
    }
  }

  /**
   * @param patience how long a connection may take nothing while much is in line for it
   */
  public Hub(Feed feed, Duration patience) {
    this.feed = feed;
    this.patience = patience;
    this.dispatched = feed.head();
    this.thread = Thread.ofPlatform().name("hub").daemon().unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** How many subscriptions there are. */
  public int subscribers() {
    return subscribers.get();
  }

  /** How many blocks of events were written to connections. */
  public long sent() {
    return sent.get();
  }

  /** Serves a subscription from its position on, until its connection or the hub ends. */
  public void subscribe(Subscription subscription) {
    synchronized (loops) {
      // What nobody wants is skipped either before this one reads the feed, or not any more.
      subscribers.incrementAndGet();
    }
    catchUp(subscription);
  }

  /**
   * Ends a subscription without ending its connection; called on the connection's event loop,
   * nothing is written for it afterwards.
   */
  public void unsubscribe(Subscription subscription) {
    if (subscription.end()) {
      subscribers.decrementAndGet();
      LoopSubscribers at;
      synchronized (loops) {
        at = loops.get(subscription.outlet.eventLoop());
      }
      if (at != null) {
        // Later, since this may be called from within the walk through the list.
        var _ = onLoop(at.loop, () -> at.live.remove(subscription));
      }
    }
  }

  /** Whether it has not ended. */
  public boolean has(Subscription subscription) {
    return !subscription.ended();
  }

  /** Ends it because who asked may not have it any more. */
  public void revoke(Subscription subscription) {
    end(subscription, Outlet.End.REVOKED);
  }

  private void end(Subscription subscription, Outlet.End why) {
    if (!subscription.ended()) {
      unsubscribe(subscription);
      var _ = onLoop(subscription.outlet.eventLoop(), () -> subscription.outlet.end(why));
    }
  }

  private void fail(Subscription subscription, Throwable fault) {
    if (!closed) {
      LOG.log(System.Logger.Level.ERROR, "a client could not be served", fault);
    }
    end(subscription, closed ? Outlet.End.STOPPING : Outlet.End.FAILED);
  }

  /** Runs a task on an event loop; false where that has ended, as it does when a server stops. */
  private static boolean onLoop(EventLoop loop, Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException ended) {
      return false;
    }
  }

  private void run() {
    boolean failing = false;
    try {
      while (!closed) {
        try {
          if (feed.awaitBeyond(dispatched, IDLE_WAIT) && !skipWithoutSubscribers()) {
            send(dispatched);
          }
          failing = false;
        } catch (RuntimeException failed) {
          // Who is live stays so, and goes on where it was when the feed can be read again.
          if (!failing && !closed) {
            LOG.log(System.Logger.Level.ERROR, "events cannot be read; trying again", failed);
          }
          failing = true;
          TimeUnit.MILLISECONDS.sleep(IDLE_WAIT.toMillis());
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing is read while nobody listens; who comes then finds how far was skipped. */
  private boolean skipWithoutSubscribers() {
    synchronized (loops) {
      if (subscribers.get() == 0) {
        dispatched = feed.head();
        return true;
      }
      return false;
    }
  }

  /** Reads the next block and gives it to every loop. */
  private void send(long position) throws InterruptedException {
    underWay.acquire();
    long after = position;
    Feed.Events events;
    try {
      events = feed.read(position, BLOCK_BYTES);
    } catch (Feed.Gap gap) {
      // A block of nothing behind what is lost: who is live finds by its own position that it has
      // missed something, and learns what when it catches up.
      after = feed.head();
      events = new Feed.Events(List.of(), after);
    } catch (RuntimeException failed) {
      underWay.release();
      throw failed;
    }
    List<LoopSubscribers> receivers;
    synchronized (loops) {
      receivers = List.copyOf(loops.values());
      dispatched = events.through();
    }
    Block block =
        new Block(
            events.events(), after, events.through(), receivers.size() + 1, underWay::release);
    for (LoopSubscribers receiver : receivers) {
      if (!onLoop(receiver.loop, () -> deliver(receiver, block))) {
        block.done();
      }
    }
    block.done();
  }

  /** On the event loop: one write and one flush for each subscriber. */
  private void deliver(LoopSubscribers subscribers, Block block) {
    try {
      subscribers.through = block.through();
      for (Iterator<Subscription> each = subscribers.live.iterator(); each.hasNext(); ) {
        Subscription subscription = each.next();
        try {
          if (!deliver(subscription, block)) {
            each.remove();
          }
        } catch (RuntimeException | Error fault) {
          each.remove();
          fail(subscription, fault);
        }
      }
    } finally {
      block.done();
    }
  }

  /** False where the subscription is no longer served live. */
  private boolean deliver(Subscription subscription, Block block) {
    if (!subscription.live()) {
      unsubscribe(subscription);
      return false;
    }
    if (subscription.position < block.after()
        || subscription.outlet.pendingBytes() > HIGH_BYTES
        || subscription.outlet.holdsBack()) {
      catchUp(subscription);
      return false;
    }
    ByteBuf frames =
        block.frames(subscription.interest, subscription.format, subscription.position);
    int counted =
        frames != null && subscription.outlet.counts()
            ? block.count(subscription.interest, subscription.position)
            : 0;
    subscription.position = Math.max(subscription.position, block.through());
    if (frames != null) {
      subscription.outlet.write(frames);
      subscription.outlet.flush();
      sent.incrementAndGet();
    }
    if (counted > 0) {
      subscription.outlet.sent(counted);
    }
    subscription.outlet.reached(subscription.position);
    return true;
  }

  private void catchUp(Subscription subscription) {
    Thread.ofVirtual().name("catching-up").start(() -> runCatchUp(subscription));
  }

  /** From the feed by the subscriber's own position, until it is where its loop is. */
  private void runCatchUp(Subscription subscription) {
    try {
      sendPrelude(subscription);
      while (awaitRoom(subscription)) {
        Feed.Events events = seen(subscription);
        if (events.through() > subscription.position) {
          write(subscription, events.events(), subscription.position, events.through());
          subscription.position = events.through();
        } else if (attach(subscription)) {
          return;
        }
      }
    } catch (Feed.Gap gap) {
      end(subscription, Outlet.End.GAP);
    } catch (InterruptedException stop) {
      end(subscription, Outlet.End.STOPPING);
    } catch (RuntimeException | Error fault) {
      // Whatever it is: a connection that stays open and is told nothing more would be worse.
      fail(subscription, fault);
    }
  }

  /** What follows a subscriber's position, as it sees it. */
  private Feed.Events seen(Subscription subscription) throws Feed.Gap, InterruptedException {
    if (!subscription.interest.view().conflates()) {
      Feed.Events events = feed.read(subscription.position, PORTION_BYTES);
      return new Feed.Events(subscription.interest.among(events.events()), events.through());
    }
    conflating.acquire();
    try {
      Feed.Events events = feed.read(subscription.position, CONFLATED_BYTES);
      return new Feed.Events(subscription.interest.behind(events.events()), events.through());
    } finally {
      conflating.release();
    }
  }

  private void sendPrelude(Subscription subscription) throws InterruptedException {
    Iterator<Event> prelude = subscription.prelude;
    if (prelude == null) {
      return;
    }
    List<Event> some = new ArrayList<>();
    long bytes = 0;
    while (prelude.hasNext()) {
      Event event = prelude.next();
      some.add(event);
      bytes += event.data().length;
      if (some.size() >= PORTION_EVENTS || bytes >= PORTION_BYTES || !prelude.hasNext()) {
        if (!awaitRoom(subscription)) {
          return;
        }
        write(
            subscription, subscription.interest.among(some), Long.MIN_VALUE, subscription.position);
        some.clear();
        bytes = 0;
      }
    }
    subscription.prelude = null;
  }

  /** Waits until little is in line for a connection; false where the subscription has ended. */
  private boolean awaitRoom(Subscription subscription) throws InterruptedException {
    long least = Long.MAX_VALUE;
    long startNanos = System.nanoTime();
    while (subscription.live()) {
      if (closed) {
        end(subscription, Outlet.End.STOPPING);
        return false;
      }
      long pending = subscription.outlet.pendingBytes();
      boolean waits = subscription.outlet.holdsBack();
      if (pending <= LOW_BYTES && !waits) {
        return true;
      }
      if (waits) {
        // It says itself when to go on; that it is there is seen by its connection.
        startNanos = System.nanoTime();
      }
      if (pending < least) {
        least = pending;
        startNanos = System.nanoTime();
      }
      if (System.nanoTime() - startNanos > patience.toNanos()) {
        end(subscription, Outlet.End.TOO_SLOW);
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    unsubscribe(subscription);
    return false;
  }

  /**
   * Writes on the event loop and waits until it is in line there.
   *
   * @param events as the subscriber sees them
   * @param through how far they reach
   */
  private static void write(
      Subscription subscription, List<Event> events, long position, long through)
      throws InterruptedException {
    ByteBuf frames = Block.encode(events, subscription.format, position);
    if (!frames.isReadable()) {
      frames.release();
      return;
    }
    int counted = subscription.outlet.counts() ? Block.count(events, position) : 0;
    CountDownLatch written = new CountDownLatch(1);
    boolean taken =
        onLoop(
            subscription.outlet.eventLoop(),
            () -> {
              try {
                if (subscription.live()) {
                  subscription.outlet.write(frames);
                  subscription.outlet.flush();
                  if (counted > 0) {
                    subscription.outlet.sent(counted);
                  }
                  subscription.outlet.reached(through);
                } else {
                  // Ended meanwhile: nothing may follow what the client was told then.
                  frames.release();
                }
              } finally {
                written.countDown();
              }
            });
    if (!taken) {
      frames.release();
      throw new InterruptedException("the event loop has ended");
    }
    written.await();
  }

  /**
   * Hands a subscriber that has reached the head over to its loop; false where a block went to the
   * loop meanwhile that the subscriber has not had.
   */
  private boolean attach(Subscription subscription) throws InterruptedException {
    EventLoop loop = subscription.outlet.eventLoop();
    LoopSubscribers subscribers;
    synchronized (loops) {
      // A loop that is new here has missed everything up to now, and gets everything after.
      subscribers = loops.computeIfAbsent(loop, each -> new LoopSubscribers(each, dispatched));
    }
    if (dispatched > subscription.position) {
      return false;
    }
    CountDownLatch decided = new CountDownLatch(1);
    boolean[] attached = new boolean[1];
    boolean taken =
        onLoop(
            loop,
            () -> {
              if (!closed && subscription.live() && subscription.position >= subscribers.through) {
                subscribers.live.add(subscription);
                attached[0] = true;
              }
              decided.countDown();
            });
    if (!taken) {
      throw new InterruptedException("the event loop has ended");
    }
    decided.await();
    return attached[0];
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    List<LoopSubscribers> all;
    synchronized (loops) {
      all = List.copyOf(loops.values());
    }
    for (LoopSubscribers each : all) {
      var _ =
          onLoop(
              each.loop,
              () -> {
                List.copyOf(each.live)
                    .forEach(subscription -> end(subscription, Outlet.End.STOPPING));
                each.live.clear();
              });
    }
  }
}
