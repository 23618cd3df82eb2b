package dev.unisono.server.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.unisono.engine.config.AddressRange;
import dev.unisono.engine.config.Config.WebhookConfig;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.hub.Event;
import dev.unisono.hub.Feed;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Told;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An endpoint that says how much it takes is sent no more than that. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class RemoteLimitTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final long EPOCH = 7;
  private static final int EVENTS = 3;
  private static final byte[] DATA = "{}".getBytes(StandardCharsets.UTF_8);

  private static final Entity ITEM =
      new Entity(
          1,
          "items",
          new Schema("item", List.of(new Field("id", ValueType.STRING, true)), List.of("id")),
          List.of(new EntityField("id", ValueType.STRING, true, false, "{}")),
          Set.of("id"),
          true);

  private static String pause(String... headers) {
    MultiMap map = MultiMap.caseInsensitiveMultiMap();
    for (int i = 0; i < headers.length; i += 2) {
      map.add(headers[i], headers[i + 1]);
    }
    return String.valueOf(RemoteLimit.pause(map, NOW));
  }

  @Test
  void whatIsUsedUpIsReadInTheFormsThatThereAre() {
    assertEquals("PT30S", pause("RateLimit", "\"default\";r=0;t=30"));
    assertEquals("PT30S", pause("RateLimit", "\"a\";r=5;t=90, \"b\";t=30;r=0, \"c\";r=0;t=20"));
    assertEquals("PT30S", pause("ratelimit", "limit=100, remaining=0, reset=30"));
    assertEquals("PT30S", pause("RateLimit-Remaining", "0", "RateLimit-Reset", "30"));
    assertEquals("PT30S", pause("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "30"));
    assertEquals("PT30S", pause("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1800000030"));
    assertEquals("PT1H", pause("RateLimit", "\"day\";r=0;t=86400"));
  }

  @Test
  void whatIsLeftOrIsNotSaidIsNoPause() {
    assertEquals("null", pause());
    assertEquals("null", pause("RateLimit", "\"default\";r=1;t=30"));
    assertEquals("null", pause("RateLimit", "\"default\";r=10;t=30"));
    assertEquals("null", pause("RateLimit", "\"default\";r=0"));
    assertEquals("null", pause("RateLimit", "limit=100, remaining=01, reset=30"));
    assertEquals("null", pause("RateLimit", ";;;\"=,r=0;t="));
    assertEquals("null", pause("X-RateLimit-Remaining", "0"));
    assertEquals("null", pause("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "soon"));
    assertEquals("null", pause("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1700000000"));
    assertEquals("null", pause("X-RateLimit-Remaining", "3", "X-RateLimit-Reset", "30"));
    assertNull(RemoteLimit.pause(MultiMap.caseInsensitiveMultiMap(), NOW));
  }

  /** What came when, by the clock that the sender goes by. */
  private record Came(String id, Instant at) {}

  /** Answers by one status and one header first, and takes all else. */
  private static List<Came> delivered(Path folder, int status, String header, String value)
      throws Exception {
    BlockingQueue<Came> came = new LinkedBlockingQueue<>();
    HttpServer receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    receiver.createContext("/", exchange -> receive(exchange, came, status, header, value));
    receiver.start();
    Vertx vertx = Vertx.vertx();
    DoorsDatabase database = DoorsDatabase.open(folder);
    WebhookConfig config =
        new WebhookConfig(
            List.of(AddressRange.parse("127.0.0.0/8").orElseThrow()),
            Duration.ofSeconds(20),
            Duration.ofDays(5));
    EndpointStore store = new EndpointStore(database);
    Endpoint endpoint =
        store.add(
            new EndpointSettings(
                URI.create("http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook"),
                List.of(),
                null,
                null,
                null,
                ""),
            true,
            WebhookSecret.random(new SecureRandom()),
            new Cursor(EPOCH, 0),
            NOW);
    InstantSource clock = InstantSource.system();
    Sender sender = new Sender(vertx, () -> config, clock, Sender.Resolver::system);
    Thread run =
        Thread.ofVirtual()
            .start(() -> {
              try {
                new EndpointRun(
                        endpoint,
                        View.WHOLE,
                        new EndpointRun.Surroundings(
                            new Held(),
                            new OneKey(),
                            store,
                            new AttemptLog(database),
                            sender,
                            () -> config,
                            new Backoff(new Random(1)),
                            clock,
                            new Outcomes()))
                    .run();
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      List<Came> all = new ArrayList<>();
      int wanted = status == 204 ? EVENTS : EVENTS + 1;
      while (all.size() < wanted) {
        Came next = came.poll(1, TimeUnit.MINUTES);
        assertTrue(next != null, "only " + all + " came");
        all.add(next);
      }
      return all;
    } finally {
      run.interrupt();
      run.join();
      sender.close();
      receiver.stop(0);
      vertx.close().toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
      database.close();
    }
  }

  private static void receive(
      HttpExchange exchange, BlockingQueue<Came> came, int status, String header, String value)
      throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      boolean first = came.isEmpty() && exchange.getHttpContext().getAttributes().isEmpty();
      exchange.getHttpContext().getAttributes().put("begun", true);
      came.add(new Came(exchange.getRequestHeaders().getFirst("webhook-id"), Instant.now()));
      if (first) {
        exchange.getResponseHeaders().set(header, value);
      }
      exchange.sendResponseHeaders(first ? status : 204, -1);
    }
  }

  @Test
  void theNextIsSentWhenThereIsSomethingLeftAgain(@TempDir Path folder) throws Exception {
    List<Came> came = delivered(folder, 204, "RateLimit", "\"hooks\";r=0;t=2");
    Duration pause = Duration.between(came.get(0).at(), came.get(1).at());
    assertTrue(pause.toMillis() >= 1_990, "it came after " + pause);
    assertEquals(EVENTS, came.stream().map(Came::id).distinct().count());
  }

  @Test
  void whatWasTooMuchIsSentAgainWhenTheLimitIsReset(@TempDir Path folder) throws Exception {
    List<Came> came = delivered(folder, 429, "X-RateLimit-Reset", "2");
    assertEquals(came.get(0).id(), came.get(1).id());
    assertEquals(EVENTS, came.stream().map(Came::id).distinct().count());
    List<Came> asked =
        delivered(Files.createDirectory(folder.resolve("asked")), 429, "Retry-After", "2");
    Duration pause = Duration.between(asked.get(0).at(), asked.get(1).at());
    assertTrue(pause.toMillis() >= 1_990, "it came after " + pause);
    assertEquals(asked.get(0).id(), asked.get(1).id());
  }

  /** A journal of a few entries. */
  private static final class Held implements Journal {
    @Override
    public Cursor head() {
      return new Cursor(EPOCH, EVENTS);
    }

    @Override
    public Reached reached() {
      return new Reached(EVENTS, Map.of());
    }

    @Override
    public Cursor oldest() {
      return new Cursor(EPOCH, 0);
    }

    @Override
    public List<JournalEntry> read(long afterSequence, int maximumBytes) {
      throw new AssertionError("events are read from the feed");
    }

    @Override
    public boolean awaitBeyond(long sequence, Duration atMost) {
      return sequence < EVENTS;
    }

    @Override
    public Registration onCommit(LongConsumer listener) {
      throw new AssertionError("nobody listens");
    }
  }

  /** Changes of one record, which go out one after the other. */
  private static final class OneKey implements Feed {
    @Override
    public long head() {
      return EVENTS;
    }

    @Override
    public Events read(long after, int maximumBytes) {
      List<Event> events = new ArrayList<>();
      for (long sequence = after + 1; sequence <= EVENTS; sequence++) {
        Told told =
            new Told(
                Told.Kind.UPDATED,
                ITEM,
                new Key("a"),
                null,
                EPOCH,
                sequence,
                NOW,
                "crm",
                new Row(ITEM.schema(), new Object[] {"a"}),
                null);
        events.add(new Event(sequence, 1, "c", told.kind().event(), DATA, told));
      }
      return new Events(events, EVENTS);
    }

    @Override
    public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
      if (sequence >= EVENTS) {
        TimeUnit.NANOSECONDS.sleep(atMost.toNanos());
      }
      return sequence < EVENTS;
    }
  }
}
