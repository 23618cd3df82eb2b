package dev.unisono.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Feed;
import dev.unisono.hub.Hub;
import dev.unisono.hub.Interest;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.grpc.GrpcExchange.Call;
import dev.unisono.server.operation.Caller;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who takes nothing is let go, by a status and a cursor where it can still be told. */
final class EventAnswerTest {
  private static final int EVENTS = 2_000;
  private static final int EVENT_BYTES = 10_000;
  private static final long EPOCH = 7;

  /** So many events, all there from the beginning, each with its sequence in it. */
  private static final class Whole implements Feed {
    long oldest;

    @Override
    public long head() {
      return EVENTS;
    }

    @Override
    public Feed.Events read(long after, int maximumBytes) throws Gap {
      if (after < oldest) {
        throw new Gap("lost");
      }
      List<Event> some = new ArrayList<>();
      long to = after;
      while (to < EVENTS && some.size() * EVENT_BYTES < maximumBytes) {
        to++;
        byte[] data = ByteBuffer.allocate(EVENT_BYTES).putLong(to).array();
        some.add(new Event(to, 1, new Cursor(EPOCH, to).text(), "updated", data));
      }
      return new Feed.Events(some, to);
    }

    @Override
    public boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
      if (sequence < EVENTS) {
        return true;
      }
      Thread.sleep(atMost);
      return false;
    }
  }

  private final Whole feed = new Whole();
  private final Hub hub = new Hub(feed, Duration.ofMillis(300));
  private final EventAnswer answer =
      new EventAnswer(new Followers(hub, List::of), () -> "the oldest");
  private GrpcExchange exchange;
  private volatile @Nullable HttpServerResponse response;

  @BeforeEach
  void open() throws Exception {
    hub.start();
    exchange = new GrpcExchange(router -> router.post("/follow/:after").handler(this::follow));
  }

  @AfterEach
  void close() throws Exception {
    hub.close();
    exchange.close();
  }

  private void follow(RoutingContext context) {
    GrpcCall call = Objects.requireNonNull(GrpcCall.begin(context, 100));
    long after = Long.parseLong(Objects.requireNonNull(context.pathParam("after")));
    response = context.response();
    call.read(_ ->
        answer.begin(
            context,
            call,
            Caller.ADMIN,
            Interest.ALL,
            new Cursor(EPOCH, after),
            null,
            UnaryOperator.identity()));
  }

  private Call call(long after) throws Exception {
    return exchange.unary("/follow/" + after, Map.of(), Buffer.buffer(new byte[5]));
  }

  private static void await(String what, BooleanSupplier holds) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(GrpcExchange.LIMIT_SECONDS).toNanos();
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, what);
      Thread.sleep(5);
    }
  }

  private void awaitNobody() throws InterruptedException {
    await("nobody is served", () -> hub.subscribers() == 0);
  }

  private static long sequence(byte[] event) {
    return ByteBuffer.wrap(event).getLong();
  }

  @Test
  void whoReadsAgainIsToldWhereToGoOn() throws Exception {
    Call slow = call(0);
    assertEquals(new Cursor(EPOCH, 0).text(), slow.begun().getHeader("unisono-cursor"));
    slow.begun().pause();
    awaitNobody();
    slow.begun().resume();
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, slow.status());
    Cursor reached =
        Cursor.parse(Objects.requireNonNull(slow.begun().getTrailer("unisono-cursor")))
            .orElseThrow();
    assertTrue(reached.sequence() < EVENTS, "it was let go");
    long last = 0;
    while (!slow.messages.isEmpty()) {
      assertEquals(++last, sequence(slow.next()));
    }
    assertEquals(reached.sequence(), last);
    Call again = call(reached.sequence());
    for (long next = last + 1; next <= EVENTS; next++) {
      assertEquals(next, sequence(again.next()));
    }
    var _ = again.request.reset();
    awaitNobody();
  }

  @Test
  void whoNeverReadsAgainIsCutOff() throws Exception {
    Call silent = call(0);
    silent.begun().pause();
    awaitNobody();
    // The end that it was told by waits behind what it does not take.
    await("it is cut off", () -> Objects.requireNonNull(response).closed());
  }

  @Test
  void whoseEventsAreGoneIsToldTheOldest() throws Exception {
    feed.oldest = 10;
    Call late = call(3);
    assertEquals(GrpcStatus.OUT_OF_RANGE, late.status());
    String told = Objects.requireNonNull(late.begun().getTrailer("grpc-message"));
    assertTrue(told.contains("the oldest"), told);
    awaitNobody();
  }
}
