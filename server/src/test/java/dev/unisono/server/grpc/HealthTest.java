package dev.unisono.server.grpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.server.grpc.GrpcExchange.Call;
import dev.unisono.server.grpc.Health.Status;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Health is told when asked and whenever it changes; messages are bounded, however they come. */
final class HealthTest {
  private static final String CHECK = "/grpc.health.v1.Health/Check";
  private static final String WATCH = "/grpc.health.v1.Health/Watch";
  private static final Map<String, String> GZIP = Map.of("grpc-encoding", "gzip");

  private final AtomicBoolean ready = new AtomicBoolean(true);
  private final Health health = new Health(List.of("records"), List.of("other"), ready::get);
  private GrpcExchange exchange;

  @BeforeEach
  void open() throws Exception {
    exchange = new GrpcExchange(health::mount);
  }

  @AfterEach
  void close() throws Exception {
    exchange.close();
  }

  private static byte[] request(String service) {
    return Proto.message(out -> Proto.text(out, 1, service));
  }

  private static byte[] answer(Status status) {
    return new byte[] {8, (byte) status.number};
  }

  private Call check(String service) throws Exception {
    return exchange.unary(CHECK, Map.of(), GrpcExchange.frame(0, request(service)));
  }

  private Call watch(String service) throws Exception {
    return exchange.unary(WATCH, Map.of(), GrpcExchange.frame(0, request(service)));
  }

  @Test
  void whatDependsOnReadinessSaysSoAndOthersServe() throws Exception {
    for (String service : List.of("", "records", "other")) {
      Call serving = check(service);
      assertArrayEquals(answer(Status.SERVING), serving.next());
      assertEquals(GrpcStatus.OK, serving.status());
    }
    ready.set(false);
    assertArrayEquals(answer(Status.NOT_SERVING), check("").next());
    assertArrayEquals(answer(Status.NOT_SERVING), check("records").next());
    assertArrayEquals(answer(Status.SERVING), check("other").next());
    assertEquals(GrpcStatus.NOT_FOUND, check("nobody").status());
  }

  @Test
  void whoWatchesIsToldOfEachChangeAndOfTheEnd() throws Exception {
    Call records = watch("records");
    Call unknown = watch("nobody");
    Call other = watch("other");
    assertArrayEquals(answer(Status.SERVING), records.next());
    assertArrayEquals(answer(Status.SERVICE_UNKNOWN), unknown.next());
    assertArrayEquals(answer(Status.SERVING), other.next());
    ready.set(false);
    assertArrayEquals(answer(Status.NOT_SERVING), records.next());
    ready.set(true);
    assertArrayEquals(answer(Status.SERVING), records.next());
    assertTrue(other.messages.isEmpty(), "it was told of what does not concern it");
    health.close();
    assertArrayEquals(answer(Status.NOT_SERVING), records.next());
    assertArrayEquals(answer(Status.NOT_SERVING), other.next());
    assertEquals(GrpcStatus.UNAVAILABLE, records.status());
    assertEquals(GrpcStatus.UNAVAILABLE, other.status());
    assertEquals(GrpcStatus.UNAVAILABLE, unknown.status());
    assertTrue(unknown.messages.isEmpty(), "it was told of what does not concern it");
  }

  @Test
  void compressedMessagesAreTakenAndBombsAreNot() throws Exception {
    Call small = exchange.unary(CHECK, GZIP, GrpcExchange.frame(1, GrpcExchange.gzip(request(""))));
    assertArrayEquals(answer(Status.SERVING), small.next());
    assertEquals("identity,gzip", small.begun().getHeader("grpc-accept-encoding"));
    Call plain = exchange.unary(CHECK, GZIP, GrpcExchange.frame(0, request("")));
    assertEquals(GrpcStatus.OK, plain.status());
    Buffer bomb = GrpcExchange.frame(1, GrpcExchange.gzip(new byte[500_000]));
    assertTrue(bomb.length() < 1_000, "it is small");
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, exchange.unary(CHECK, GZIP, bomb).status());
    Buffer large = GrpcExchange.frame(0, new byte[2_000]);
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, exchange.unary(CHECK, Map.of(), large).status());
    byte[] broken = GrpcExchange.gzip(request("records"));
    broken[broken.length - 1]++;
    assertEquals(
        GrpcStatus.INVALID_ARGUMENT,
        exchange.unary(CHECK, GZIP, GrpcExchange.frame(1, broken)).status());
  }

  @Test
  void encodingsThatAreNotTakenAreToldAsTheProtocolHasIt() throws Exception {
    Call unknown =
        exchange.unary(
            CHECK, Map.of("grpc-encoding", "snappy"), GrpcExchange.frame(1, new byte[9]));
    assertEquals(GrpcStatus.UNIMPLEMENTED, unknown.status());
    assertEquals("identity,gzip", unknown.begun().getHeader("grpc-accept-encoding"));
    Buffer flagged = GrpcExchange.frame(1, GrpcExchange.gzip(request("")));
    assertEquals(GrpcStatus.INTERNAL, exchange.unary(CHECK, Map.of(), flagged).status());
  }

  @Test
  void aBodyThatIsNotOneMessageIsRefused() throws Exception {
    for (Buffer body :
        List.of(
            Buffer.buffer(),
            Buffer.buffer(new byte[] {0, 0, 0}),
            Buffer.buffer(new byte[] {0, 0, 0, 0, 4, 1}),
            Buffer.buffer(new byte[] {7, 0, 0, 0, 0}),
            Buffer.buffer(new byte[] {0, 0, 0, 0, 0, 9}),
            GrpcExchange.frame(0, request("")).appendBuffer(GrpcExchange.frame(0, request(""))),
            GrpcExchange.frame(0, new byte[] {(byte) 0xff, (byte) 0xff}))) {
      assertEquals(
          GrpcStatus.INVALID_ARGUMENT, exchange.unary(CHECK, Map.of(), body).status(), "" + body);
    }
    for (String type :
        List.of("application/json", "application/grpc-web", "application/grpc+json")) {
      Call call = exchange.unary(CHECK, Map.of("Content-Type", type), Buffer.buffer());
      assertEquals(415, call.begun().statusCode(), type);
    }
  }
}
