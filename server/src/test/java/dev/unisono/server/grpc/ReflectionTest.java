package dev.unisono.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.grpc.GrpcExchange.Call;
import dev.unisono.server.grpc.Proto.Fields;
import dev.unisono.server.limit.Limits;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who has no description is told it, one answer for each request of a call. */
final class ReflectionTest {
  private static final String PATH = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

  private final Vertx vertx = Vertx.vertx();
  private GrpcExchange exchange;
  private Map<String, String> known;

  @BeforeEach
  void open(@TempDir Path folder) throws Exception {
    Access access = access(folder);
    String token = Files.readString(folder.resolve("admin-token")).strip();
    known = Map.of("Authorization", "Bearer " + token);
    Limits limits = new Limits(vertx, () -> LimitsConfig.NONE, System::nanoTime);
    Reflection reflection = new Reflection(new Descriptions(), access, limits);
    exchange = new GrpcExchange(reflection::mount);
  }

  @AfterEach
  void close() throws Exception {
    exchange.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static byte[] ask(int field, String text) {
    return Proto.message(out -> out.writeString(field, text));
  }

  private static Fields answer(Call call, byte[] request) throws Exception {
    call.send(GrpcExchange.frame(0, request));
    Fields answer = Fields.of(ByteString.copyFrom(call.next()));
    assertEquals(ByteString.copyFrom(request), answer.bytes(2));
    return answer;
  }

  private static long error(Fields answer) {
    assertTrue(answer.has(7), "an error");
    return Fields.of(answer.bytes(7)).number(1);
  }

  @Test
  void whatIsNotThereIsToldAndTheCallGoesOn() throws Exception {
    Call call = exchange.call(PATH, known);
    assertEquals(GrpcStatus.NOT_FOUND, error(answer(call, ask(4, "unisono.v1.Nothing"))));
    assertEquals(GrpcStatus.NOT_FOUND, error(answer(call, ask(3, "nothing.proto"))));
    assertEquals(GrpcStatus.NOT_FOUND, error(answer(call, ask(6, "unisono.v1.Nothing"))));
    byte[] extension =
        Proto.message(out ->
            out.writeByteArray(
                5,
                Proto.message(inner -> {
                  inner.writeString(1, "unisono.v1.Value");
                  inner.writeInt32(2, 100);
                })));
    assertEquals(GrpcStatus.NOT_FOUND, error(answer(call, extension)));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, error(answer(call, ask(1, "host alone"))));
    Fields extensions = answer(call, ask(6, "unisono.v1.Value"));
    assertEquals("unisono.v1.Value", Fields.of(extensions.bytes(5)).text(1));
    Fields services = Fields.of(answer(call, ask(7, "")).bytes(6));
    assertEquals(4, services.all(1).size());
    Fields files = Fields.of(answer(call, ask(4, "unisono.v1.Records.Get")).bytes(4));
    assertEquals("unisono.proto", FileDescriptorProto.parseFrom(files.all(1).getLast()).getName());
    var _ = call.request.end();
    assertEquals(GrpcStatus.OK, call.status());
  }

  @Test
  void theEarlierVersionAnswersLikewise() throws Exception {
    Call call = exchange.call(PATH.replace("v1", "v1alpha"), known);
    assertTrue(answer(call, ask(7, "")).has(6));
    var _ = call.request.end();
    assertEquals(GrpcStatus.OK, call.status());
  }

  @Test
  void nobodyElseIsTold() throws Exception {
    for (Map<String, String> headers :
        List.of(Map.<String, String>of(), Map.of("Authorization", "Bearer uni_wrong"))) {
      Call call = exchange.unary(PATH, headers, GrpcExchange.frame(0, ask(7, "")));
      assertEquals(GrpcStatus.UNAUTHENTICATED, call.status());
      assertTrue(call.messages.isEmpty(), "it was told");
    }
  }

  @Test
  void whatIsNoMessageEndsTheCall() throws Exception {
    Call garbage = exchange.call(PATH, known);
    garbage.send(GrpcExchange.frame(0, new byte[] {(byte) 0xff, (byte) 0xff}));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, garbage.status());
    Call half = exchange.call(PATH, known);
    half.send(GrpcExchange.frame(0, ask(7, "")).getBuffer(0, 6));
    var _ = half.request.end();
    assertEquals(GrpcStatus.INVALID_ARGUMENT, half.status());
  }

  /** Answers are much larger than what asks for them. */
  @Test
  void whoTakesNoAnswersIsNotReadOn() throws Exception {
    Call call = exchange.call(PATH, known);
    byte[] request = ask(4, "unisono.v1.Records");
    answer(call, request);
    call.begun().pause();
    int requests = 0;
    // The first portion of these gets through to where the connection holds back.
    while (!call.request.writeQueueFull() && requests < 1_000_000) {
      call.send(GrpcExchange.frame(0, request));
      requests++;
    }
    assertTrue(call.request.writeQueueFull(), "it is held back");
    assertFalse(call.messages.size() > 1_000);
    call.begun().resume();
    for (int each = 0; each < requests; each++) {
      var _ = call.next();
    }
    var _ = call.request.end();
    assertEquals(GrpcStatus.OK, call.status());
  }

  @Test
  void whoAsksTooOftenIsToldWhenToAskAgain(@TempDir Path folder) throws Exception {
    Access access = access(folder);
    String token = Files.readString(folder.resolve("admin-token")).strip();
    LimitRule rule =
        new LimitRule(
            "calls",
            Set.of(Dimension.CALLER),
            new LimitScope(Set.of(), List.of(), Set.of()),
            Counted.REQUESTS,
            Algorithm.TOKEN_BUCKET,
            List.of(new LimitLevel(1, Duration.ofHours(1), "h")),
            null,
            Duration.ZERO);
    LimitsConfig config =
        new LimitsConfig(null, Map.of(), List.of(), ProxyHeader.X_FORWARDED_FOR, List.of(rule));
    Limits limits = new Limits(vertx, () -> config, System::nanoTime);
    GrpcExchange limited =
        new GrpcExchange(new Reflection(new Descriptions(), access, limits)::mount);
    try {
      Map<String, String> known = Map.of("Authorization", "Bearer " + token);
      Buffer question = GrpcExchange.frame(0, ask(7, ""));
      assertEquals(GrpcStatus.OK, limited.unary(PATH, known, question).status());
      Call refused = limited.unary(PATH, known, question);
      assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, refused.status());
      assertEquals("\"calls\";r=0;t=3600", refused.begun().getHeader("RateLimit"));
      String encoded = refused.begun().getTrailer("grpc-status-details-bin");
      Status status =
          Status.parseFrom(
              Base64.getDecoder()
                  .decode(
                      encoded == null
                          ? refused.begun().getHeader("grpc-status-details-bin")
                          : encoded));
      RetryInfo retry = status.getDetails(1).unpack(RetryInfo.class);
      assertTrue(retry.getRetryDelay().getSeconds() > 3_500, retry.toString());
      assertEquals(
          GrpcStatus.UNAUTHENTICATED,
          limited.unary(PATH, Map.of("Authorization", "Bearer uni_no"), question).status());
    } finally {
      limited.close();
    }
  }

  private static Access access(Path folder) {
    return Access.open(
        folder, DoorsDatabase.open(folder), () -> AccessPolicy.NONE, Audit.NONE, Clock.systemUTC());
  }
}
