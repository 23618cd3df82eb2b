package dev.unisono.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class HubTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Format SSE = new Format.Sse(false);

  private final MemoryFeed feed = new MemoryFeed();
  private final List<EventLoop> loops = new ArrayList<>();
  private final List<MemoryOutlet> outlets = new ArrayList<>();
  private final List<Hub> hubs = new ArrayList<>();

  @BeforeEach
  void open() {
    for (int i = 0; i < 3; i++) {
      loops.add(new DefaultEventLoop());
    }
  }

  /** Whatever happened in a test: every buffer was released, and only loops wrote. */
  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    hubs.forEach(Hub::close);
    outlets.forEach(MemoryOutlet::close);
    for (Hub hub : hubs) {
      await(() -> hub.subscribers() == 0, "all subscriptions have ended");
    }
    for (EventLoop loop : loops) {
      loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
    }
    for (MemoryOutlet outlet : outlets) {
      assertFalse(outlet.strayThread(), "written outside of its event loop");
    }
    outlets.clear();
    assertEquals(0, LeakWatch.found(), "buffers that were never released");
  }

  private static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "in vain: " + what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Hub hub(Duration patience) {
    Hub hub = new Hub(feed, patience);
    hubs.add(hub);
    hub.start();
    return hub;
  }

  private MemoryOutlet outlet(int loop) {
    MemoryOutlet outlet = new MemoryOutlet(loops.get(loop % loops.size()));
    outlets.add(outlet);
    return outlet;
  }

  private static Subscription from(MemoryOutlet outlet, Interest interest, long position) {
    return new Subscription(outlet, interest, SSE, position, null);
  }

  private void append(int count, int padding) {
    for (int i = 0; i < count; i++) {
      feed.append(i % 3, padding);
    }
  }

  private static List<Long> numbers(long after, long through) {
    return LongStream.rangeClosed(after + 1, through).boxed().toList();
  }

  private static void awaitAll(MemoryOutlet outlet, long after, long through) {
    await(() -> outlet.last() >= through, "everything up to " + through);
    assertEquals(numbers(after, through), outlet.received());
  }

  /** One that goes away and comes back with its last cursor, and stalls in between. */
  private final class Client {
    private final Hub hub;
    private final int loop;
    private final long start;
    private final Random random;
    private final List<MemoryOutlet> connections = new ArrayList<>();
    private Subscription subscription;

    Client(Hub hub, int number) {
      this.hub = hub;
      this.loop = number;
      this.start = number % 2 == 0 ? 0 : feed.head();
      this.random = new Random(number);
      this.subscription = connect(start);
    }

    private Subscription connect(long position) {
      MemoryOutlet outlet = outlet(loop + connections.size());
      connections.add(outlet);
      Subscription next = from(outlet, Interest.ALL, position);
      hub.subscribe(next);
      return next;
    }

    long position() {
      for (int i = connections.size() - 1; i >= 0; i--) {
        if (connections.get(i).last() > 0) {
          return connections.get(i).last();
        }
      }
      return start;
    }

    void act() {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> connections.getLast().stall(true);
        case 3, 4, 5 -> connections.getLast().stall(false);
        case 6 -> {
          // The connection breaks; the client knows what it has, and asks for the rest.
          connections.getLast().close();
          subscription = connect(position());
        }
        default -> {
          hub.unsubscribe(subscription);
          connections.getLast().close();
          subscription = connect(position());
        }
      }
    }

    List<Long> received() {
      return connections.stream().flatMap(each -> each.received().stream()).toList();
    }
  }

  @Test
  void everyClientGetsEachEventOnceInOrderWhateverItDoes() throws InterruptedException {
    Hub hub = hub(LONG);
    append(500, 100);
    List<Client> clients =
        IntStream.range(0, 24).mapToObj(number -> new Client(hub, number)).toList();
    MemoryOutlet steady = outlet(0);
    hub.subscribe(from(steady, Interest.ALL, 0));
    List<Thread> writers =
        IntStream.range(0, 4)
            .mapToObj(_ -> Thread.ofPlatform().start(() -> append(1_500, 1_500)))
            .toList();
    Random random = new Random(7);
    while (writers.stream().anyMatch(Thread::isAlive)) {
      clients.get(random.nextInt(clients.size())).act();
      LockSupport.parkNanos(200_000);
    }
    for (Thread writer : writers) {
      writer.join();
    }
    clients.forEach(client -> client.connections.getLast().stall(false));
    awaitAll(steady, 0, feed.head());
    for (Client client : clients) {
      await(() -> client.position() == feed.head(), "the end");
      assertEquals(numbers(client.start, feed.head()), client.received());
    }
  }

  @Test
  void anEventReachesAClientOfANewLoopWithoutAnotherBehindIt() {
    for (int round = 0; round < 300; round++) {
      Hub hub = new Hub(feed, LONG);
      hubs.add(hub);
      hub.start();
      long start = feed.head();
      MemoryOutlet outlet = outlet(round);
      Thread writer = Thread.ofVirtual().start(() -> feed.append(0, 10));
      hub.subscribe(from(outlet, Interest.ALL, start));
      awaitAll(outlet, start, start + 1);
      assertTrue(!writer.isAlive() || outlet.last() > start);
      hub.close();
    }
  }

  @Test
  void eachEventThatIsWrittenIsCountedOnceWhicheverWayItWent() {
    Hub hub = hub(LONG);
    append(1_000, 2_000);
    MemoryOutlet all = outlet(0);
    MemoryOutlet one = outlet(1);
    hub.subscribe(from(all, Interest.ALL, 100));
    hub.subscribe(from(one, new Interest(1, View.WHOLE), 0));
    awaitAll(all, 100, feed.head());
    // Live now; then held back, so that it has to catch up.
    append(10, 0);
    awaitAll(all, 100, feed.head());
    all.holdBack(true);
    append(500, 0);
    all.holdBack(false);
    append(3, 0);
    awaitAll(all, 100, feed.head());
    await(() -> all.counted() == all.received().size(), "all are counted");
    await(() -> one.counted() == (int) (feed.head() / 3), "those of its topic are counted");
    assertEquals(one.counted(), one.received().size());
  }

  @Test
  void interestsAreKeptApart() {
    Hub hub = hub(LONG);
    MemoryOutlet all = outlet(0);
    MemoryOutlet second = outlet(0);
    hub.subscribe(from(all, Interest.ALL, 0));
    hub.subscribe(from(second, new Interest(1), 0));
    append(300, 10);
    awaitAll(all, 0, 300);
    await(() -> second.received().size() == 100, "a third of all");
    assertEquals(LongStream.range(0, 100).mapToObj(i -> 3 * i + 2).toList(), second.received());
  }

  @Test
  void oneThatNeverReadsIsToldSoAndHoldsLittle() {
    Hub hub = hub(Duration.ofMillis(100));
    MemoryOutlet stuck = outlet(0);
    MemoryOutlet fine = outlet(0);
    stuck.stall(true);
    hub.subscribe(from(stuck, Interest.ALL, 0));
    hub.subscribe(from(fine, Interest.ALL, 0));
    append(8_000, 1_000);
    await(() -> stuck.ended() != null, "the end of one that does not read");
    assertEquals(List.of(Outlet.End.TOO_SLOW), stuck.ends());
    assertTrue(stuck.mostPending() < (4L << 20), "in line: " + stuck.mostPending());
    awaitAll(fine, 0, 8_000);
    await(() -> hub.subscribers() == 1, "one subscriber left");
  }

  @Test
  void oneThatReadsAgainInTimeMissesNothing() {
    Hub hub = hub(LONG);
    MemoryOutlet slow = outlet(0);
    hub.subscribe(from(slow, Interest.ALL, 0));
    append(1, 10);
    awaitAll(slow, 0, 1);
    slow.stall(true);
    append(5_000, 1_000);
    // Whether it was served live by then or was still catching up: it has stopped taking.
    await(() -> slow.pendingBytes() > (256L << 10), "more than waits for a slow one");
    slow.stall(false);
    awaitAll(slow, 0, 5_001);
    append(10, 10);
    awaitAll(slow, 0, 5_011);
  }

  @Test
  void whatIsNoLongerHeldIsToldAtTheStart() {
    append(10, 10);
    feed.loseUpTo(5);
    MemoryOutlet outlet = outlet(0);
    hub(LONG).subscribe(from(outlet, Interest.ALL, 2));
    await(() -> outlet.ended() != null, "the gap");
    assertEquals(List.of(Outlet.End.GAP), outlet.ends());
    assertEquals(List.of(), outlet.received());
  }

  @Test
  void whatIsLostUnderALiveClientIsToldWithoutAnotherEvent() {
    Hub hub = hub(LONG);
    MemoryOutlet outlet = outlet(0);
    hub.subscribe(from(outlet, Interest.ALL, 0));
    append(1, 10);
    awaitAll(outlet, 0, 1);
    feed.loseUpTo(2);
    append(1, 10);
    await(() -> outlet.ended() != null, "the gap");
    assertEquals(List.of(Outlet.End.GAP), outlet.ends());
    assertEquals(numbers(0, 1), outlet.received());
  }

  @Test
  void allAreToldThatItStops() {
    append(4_000, 1_000);
    Hub hub = hub(LONG);
    MemoryOutlet live = outlet(0);
    MemoryOutlet behind = outlet(1);
    MemoryOutlet late = outlet(2);
    behind.stall(true);
    hub.subscribe(from(live, Interest.ALL, feed.head()));
    hub.subscribe(from(behind, Interest.ALL, 0));
    feed.append(0, 10);
    await(() -> live.last() == 4_001, "the last event");
    await(() -> behind.pendingBytes() > 0, "something in line");
    hub.close();
    hub.subscribe(from(late, Interest.ALL, 0));
    for (MemoryOutlet outlet : List.of(live, behind, late)) {
      await(() -> outlet.ended() != null, "the end");
      assertEquals(List.of(Outlet.End.STOPPING), outlet.ends());
    }
  }

  @Test
  void goesOnWhereItWasAfterTheFeedFailed() {
    Hub hub = hub(LONG);
    MemoryOutlet live = outlet(0);
    hub.subscribe(from(live, Interest.ALL, 0));
    append(1, 10);
    awaitAll(live, 0, 1);
    await(() -> hub.sent() > 0 || live.last() == 1, "it is live");
    feed.append(0, 10);
    awaitAll(live, 0, 2);
    int before = feed.reads();
    feed.fail(new IllegalStateException("provoked"));
    append(5, 10);
    await(() -> feed.reads() > before, "a failing read");
    MemoryOutlet other = outlet(1);
    hub.subscribe(from(other, Interest.ALL, 0));
    await(() -> other.ended() != null, "the end of one that could not be served");
    assertEquals(List.of(Outlet.End.FAILED), other.ends());
    feed.fail(null);
    if (live.ended() == null) {
      awaitAll(live, 0, 7);
    }
  }

  @Test
  void nothingFollowsTheEndOfASubscription() throws Exception {
    append(3_000, 1_000);
    Hub hub = hub(LONG);
    for (int round = 0; round < 50; round++) {
      MemoryOutlet outlet = outlet(round);
      Subscription subscription = from(outlet, Interest.ALL, 0);
      hub.subscribe(subscription);
      int some = round;
      await(() -> outlet.received().size() >= some, "some events");
      int then =
          outlet
              .eventLoop()
              .submit(() -> {
                hub.unsubscribe(subscription);
                return outlet.received().size();
              })
              .get();
      feed.append(0, 10);
      outlet.eventLoop().submit(() -> {}).get();
      assertEquals(then, outlet.received().size());
      assertEquals(List.of(), outlet.ends());
    }
    assertEquals(0, hub.subscribers());
  }

  @Test
  void aClosedConnectionIsForgotten() {
    Hub hub = hub(LONG);
    MemoryOutlet outlet = outlet(0);
    hub.subscribe(from(outlet, Interest.ALL, 0));
    append(1, 10);
    awaitAll(outlet, 0, 1);
    outlet.close();
    append(1, 10);
    await(() -> hub.subscribers() == 0, "no subscriber");
    assertEquals(List.of(), outlet.ends());
  }

  @Test
  void readsNothingWhileNobodyListens() {
    Hub hub = hub(LONG);
    MemoryOutlet first = outlet(0);
    Subscription subscription = from(first, Interest.ALL, 0);
    hub.subscribe(subscription);
    append(1, 10);
    awaitAll(first, 0, 1);
    hub.unsubscribe(subscription);
    append(1, 10);
    MemoryOutlet second = outlet(0);
    hub.subscribe(from(second, Interest.ALL, feed.head()));
    append(1, 10);
    awaitAll(second, 2, 3);
    assertEquals(numbers(0, 1), first.received());
  }

  @Test
  void thePreludeComesFirstAndIsGivenInPortions() {
    append(5, 10);
    Hub hub = hub(LONG);
    MemoryOutlet outlet = outlet(0);
    outlet.stall(true);
    byte[] padding = new byte[50_000];
    java.util.Arrays.fill(padding, (byte) 'x');
    String text = new String(padding, StandardCharsets.US_ASCII);
    Iterator<Event> prelude =
        LongStream.rangeClosed(101, 400)
            .mapToObj(number ->
                new Event(
                    0,
                    0,
                    null,
                    "created",
                    ("{\"n\":" + number + ",\"p\":\"" + text + "\"}")
                        .getBytes(StandardCharsets.UTF_8)))
            .iterator();
    hub.subscribe(new Subscription(outlet, Interest.ALL, SSE, 2, prelude));
    await(() -> outlet.pendingBytes() > (256L << 10), "some of it in line");
    append(5, 10);
    outlet.stall(false);
    await(() -> outlet.last() == 10, "the last event");
    List<Long> expected = new ArrayList<>(numbers(100, 400));
    expected.addAll(numbers(2, 10));
    assertEquals(expected, outlet.received());
    assertTrue(outlet.mostPending() < (1L << 20), "in line: " + outlet.mostPending());
  }
}
