package dev.unisono.server.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.unisono.engine.config.AddressRange;
import dev.unisono.engine.config.Config.WebhookConfig;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.hub.Feed;
import dev.unisono.hub.View;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of an endpoint that has missed something, takes nothing, or is somewhere else. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class DeliveryTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final Duration DISABLE_AFTER = Duration.ofDays(5);
  private static final long EPOCH = 7;

  /** The one address that is written to. */
  private static final String ALLOWED = "127.0.0.2";

  private final Vertx vertx = Vertx.vertx();
  private final List<Received> received = new ArrayList<>();
  private HttpServer receiver;
  private DoorsDatabase database;
  private EndpointStore store;
  private AttemptLog log;

  /** By the how-manieth request it is. */
  private volatile IntUnaryOperator answer = _ -> 204;

  /** One request. */
  private record Received(String id, String host, String body) {}

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    database = DoorsDatabase.open(folder);
    store = new EndpointStore(database);
    log = new AttemptLog(database);
    receiver = listening(ALLOWED, 0);
  }

  @AfterEach
  void stop() throws Exception {
    receiver.stop(0);
    database.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
  }

  private HttpServer listening(String address, int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(address), port), 16);
    server.createContext("/", this::receive);
    server.start();
    return server;
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      int count;
      synchronized (received) {
        received.add(
            new Received(
                exchange.getRequestHeaders().getFirst("webhook-id"),
                exchange.getRequestHeaders().getFirst("Host"),
                body));
        count = received.size();
      }
      exchange.sendResponseHeaders(answer.applyAsInt(count), -1);
    }
  }

  private List<Received> received() {
    synchronized (received) {
      return List.copyOf(received);
    }
  }

  private EndpointSettings settings(String host) {
    return new EndpointSettings(
        URI.create("http://" + host + ":" + receiver.getAddress().getPort() + "/hook"),
        List.of(),
        null,
        null,
        null,
        "");
  }

  private Endpoint endpoint(Cursor at) {
    return store.add(settings(ALLOWED), true, WebhookSecret.random(new SecureRandom()), at, NOW);
  }

  private Endpoint again(Endpoint endpoint) {
    return store.find(endpoint.id()).orElseThrow();
  }

  private Sender sender(InstantSource clock, Sender.Resolver resolver) {
    return new Sender(vertx, DeliveryTest::config, clock, resolver);
  }

  private static WebhookConfig config() {
    return new WebhookConfig(
        List.of(AddressRange.parse(ALLOWED + "/32").orElseThrow()),
        Duration.ofSeconds(20),
        DISABLE_AFTER);
  }

  /** Delivers until there is something to look at anew. */
  private void run(Endpoint endpoint, Feed feed, InstantSource clock) throws InterruptedException {
    try (Sender sender = sender(clock, Sender.Resolver::system)) {
      new EndpointRun(
              endpoint,
              View.WHOLE,
              new EndpointRun.Surroundings(
                  new Held(),
                  feed,
                  store,
                  log,
                  sender,
                  DeliveryTest::config,
                  new Backoff(new Random(1)),
                  clock,
                  new Outcomes()))
          .run();
    }
  }

  /** A journal of which a part was dropped. */
  private static final class Held implements Journal {
    static final Cursor OLDEST = new Cursor(EPOCH, 50);
    static final Cursor HEAD = new Cursor(EPOCH, 100);

    @Override
    public Cursor head() {
      return HEAD;
    }

    @Override
    public Reached reached() {
      return new Reached(HEAD.sequence(), Map.of());
    }

    @Override
    public Cursor oldest() {
      return OLDEST;
    }

    @Override
    public List<JournalEntry> read(long afterSequence, int maximumBytes) {
      throw new AssertionError("events are read from the feed");
    }

    @Override
    public boolean awaitBeyond(long sequence, Duration atMost) {
      return sequence < HEAD.sequence();
    }

    @Override
    public Registration onCommit(LongConsumer listener) {
      throw new AssertionError("nobody listens");
    }
  }

  /** Events of that journal: nothing is in them. */
  private static final class Empty implements Feed {
    final CompletableFuture<Long> readFrom = new CompletableFuture<>();

    @Override
    public long head() {
      return Held.HEAD.sequence();
    }

    @Override
    public Events read(long after, int maximumBytes) throws Gap {
      if (after < Held.OLDEST.sequence()) {
        throw new Gap("it is not held");
      }
      readFrom.complete(after);
      return new Events(List.of(), head());
    }

    @Override
    public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
      if (sequence >= head()) {
        TimeUnit.NANOSECONDS.sleep(atMost.toNanos());
      }
      return sequence < head();
    }
  }

  @Test
  void anEndpointThatHasMissedSomethingIsToldSoBeforeAllElse() throws Exception {
    Cursor before = new Cursor(EPOCH, 5);
    Endpoint endpoint = endpoint(before);
    store.transaction(connection -> {
      store.keepWaiting(connection, endpoint.id(), new EndpointStore.Waiting(3, 0, 1, 1));
      return null;
    });

    run(endpoint, new Empty(), InstantSource.system());

    Endpoint.Gap gap = again(endpoint).gap();
    assertNotNull(gap);
    assertEquals(before.text(), gap.from());
    assertEquals(Held.OLDEST.text(), gap.to());
    assertFalse(gap.told());
    assertEquals(Held.OLDEST, again(endpoint).cursor());
    assertEquals(List.of(), store.waiting(endpoint.id()), "it cannot be read any more");
    assertEquals(List.of(), received());

    List<Boolean> told = new ArrayList<>();
    answer =
        count -> {
          Endpoint.Gap now = again(endpoint).gap();
          told.add(now != null && now.told());
          return count == 1 ? 500 : 204;
        };
    run(again(endpoint), new Empty(), InstantSource.system());

    assertEquals(List.of(false, false), told, "it is told once it is taken, and not before");
    List<Received> messages = received();
    assertEquals(messages.get(0), messages.get(1));
    JsonNode event = JSON.readTree(messages.getFirst().body());
    assertEquals("gap", event.path("type").asText());
    assertEquals(before.text(), event.at("/data/after").asText());
    assertEquals(Held.OLDEST.text(), event.at("/data/oldest").asText());
    Endpoint.Gap kept = again(endpoint).gap();
    assertNotNull(kept, "it is still shown");
    assertTrue(kept.told());
    assertEquals(2, log.list(endpoint.id(), 0, 10).size());

    // What follows is read from the oldest on, and the gap is not told again.
    Empty feed = new Empty();
    Thread next =
        new Thread(() -> {
          try {
            run(again(endpoint), feed, InstantSource.system());
          } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
          }
        });
    next.start();
    assertEquals(Held.OLDEST.sequence(), feed.readFrom.get(1, TimeUnit.MINUTES));
    next.interrupt();
    next.join();
    assertEquals(2, received().size());
  }

  @Test
  void aCursorOfAnotherJournalIsAGapOfAllThatWaits() throws Exception {
    Cursor before = new Cursor(EPOCH - 1, 80);
    Endpoint endpoint = endpoint(before);
    store.transaction(connection -> {
      store.keepWaiting(connection, endpoint.id(), new EndpointStore.Waiting(79, 0, 1, 1));
      return null;
    });
    run(endpoint, new Empty(), InstantSource.system());
    Endpoint.Gap gap = again(endpoint).gap();
    assertNotNull(gap);
    assertEquals(before.text(), gap.from());
    assertEquals(Held.OLDEST, again(endpoint).cursor());
    assertEquals(List.of(), store.waiting(endpoint.id()));
  }

  @Test
  void anEndpointThatHasTakenNothingForLongIsDisabled() throws Exception {
    Endpoint endpoint = endpoint(Held.OLDEST);
    store.gap(
        endpoint.id(),
        new Endpoint.Gap(new Cursor(EPOCH, 1).text(), Held.OLDEST.text(), NOW, false),
        Held.OLDEST,
        0);
    // Each look is a little later than the one before, so that pauses come to their ends.
    AtomicLong looks = new AtomicLong();
    AtomicReference<Duration> later = new AtomicReference<>(Duration.ZERO);
    InstantSource clock = () -> NOW.plus(later.get()).plusMillis(100 * looks.incrementAndGet());
    List<Boolean> enabled = new ArrayList<>();
    answer =
        count -> {
          enabled.add(again(endpoint).enabled());
          if (count > 1) {
            later.set(count == 2 ? DISABLE_AFTER.minusHours(1) : DISABLE_AFTER);
          }
          return 500;
        };

    run(again(endpoint), new Empty(), clock);

    assertEquals(3, received().size());
    assertEquals(List.of(true, true, true), enabled, "an hour before the end it is tried on");
    Endpoint disabled = again(endpoint);
    assertFalse(disabled.enabled());
    Endpoint.Disabled why = disabled.disabled();
    assertNotNull(why);
    assertEquals("failing", why.code());
    assertTrue(why.message().contains("It answered 500"), why.message());
    Instant since = disabled.failingSince();
    assertNotNull(since);
    assertFalse(since.plus(DISABLE_AFTER).isAfter(why.at()));

    // Enabled again it goes on where it was, and what was before does not count.
    store.enable(endpoint.id());
    assertNull(again(endpoint).failingSince());
    answer = _ -> 204;
    run(again(endpoint), new Empty(), clock);
    assertEquals(4, received().size());
    assertEquals(received().getFirst(), received().getLast());
    assertTrue(again(endpoint).enabled());
  }

  /** Addresses as a name server gives them, each answer once. */
  private static Sender.Resolver resolving(String... answers) {
    Deque<String> left = new ArrayDeque<>(List.of(answers));
    return host -> {
      assertEquals("hooks.example", host);
      return List.of(left.removeFirst().split(" ", -1)).stream()
          .map(InetAddress::ofLiteral)
          .toList();
    };
  }

  @Test
  void aNameThatLeadsElsewhereAtTheSecondLookIsRefused() throws Exception {
    HttpServer inner = listening("127.0.0.1", receiver.getAddress().getPort());
    EndpointSettings settings = settings("hooks.example");
    try (Sender sender =
        sender(InstantSource.system(), resolving(ALLOWED, "127.0.0.1", "10.1.2.3 ::1", ALLOWED))) {
      assertNull(sender.refusal(settings), "it was registered");
      Endpoint endpoint =
          store.add(settings, true, WebhookSecret.random(new SecureRandom()), Held.HEAD, NOW);
      Message message =
          Message.gap(endpoint, new Endpoint.Gap(Held.OLDEST.text(), Held.HEAD.text(), NOW, false));
      for (int look = 0; look < 2; look++) {
        Attempt refused = sender.send(endpoint, message);
        assertEquals(Attempt.Outcome.ADDRESS_REFUSED, refused.outcome());
      }
      assertEquals(List.of(), received());
      // The address that was looked at is connected to: the name is not resolved once more.
      assertTrue(sender.send(endpoint, message).delivered());
      assertEquals(
          List.of("hooks.example:" + receiver.getAddress().getPort()),
          received().stream().map(Received::host).toList());
    } finally {
      inner.stop(0);
    }
  }
}
