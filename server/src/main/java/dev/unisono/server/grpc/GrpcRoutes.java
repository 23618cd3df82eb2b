package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import dev.unisono.server.access.Access;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.grpc.Frames.Frame;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Records and their changes by gRPC, on the port of all doors. Safe for threads. */
public final class GrpcRoutes {
  private static final String SERVICE = "unisono.v1.Records";
  private static final int MOST_BYTES = 1 << 20;

  private final Calls calls;
  private final EventCalls events;
  private final Access access;
  private final Limits limits;
  private final Health health;
  private final Reflection reflection;

  /**
   * @param ready whether records can be served; may block
   */
  public GrpcRoutes(
      Operations operations,
      JournalFeed feed,
      Followers followers,
      Consumers consumers,
      Access access,
      Limits limits,
      BooleanSupplier ready) {
    this.calls = new Calls(operations, consumers);
    this.events = new EventCalls(operations, feed, followers, consumers, limits);
    this.access = access;
    this.limits = limits;
    Descriptions descriptions = new Descriptions();
    List<String> others = new ArrayList<>(descriptions.services());
    others.remove(SERVICE);
    this.health = new Health(List.of(SERVICE), others, ready);
    this.reflection = new Reflection(descriptions, access, limits);
  }

  /** Closed where the server stops, so that those who watch are told. */
  public Health health() {
    return health;
  }

  public void mount(Router router, Doorway doorway) {
    router
        .get("/v1/grpc/" + Descriptions.RECORDS)
        .handler(context -> doorway.known(context, GrpcRoutes::proto));
    router.post("/" + SERVICE + "/:method").handler(this::call);
    health.mount(router);
    reflection.mount(router);
  }

  private static void proto(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.text(
        context, 200, "text/plain; charset=utf-8", Descriptions.text(Descriptions.RECORDS));
  }

  private void call(RoutingContext context) {
    GrpcCall call = GrpcCall.begin(context, MOST_BYTES);
    if (call == null) {
      return;
    }
    admitted(access, limits, context, call, caller -> begin(context, call, caller));
  }

  /** Goes on with a caller we know as far as the limits let it; else the call ends. */
  static void admitted(
      Access access, Limits limits, RoutingContext context, GrpcCall call, Consumer<Caller> then) {
    Caller caller = null;
    Refusal unknown = null;
    try {
      caller = access.admit(context.request());
    } catch (Refusal refusal) {
      unknown = refusal;
    }
    Caller known = caller;
    Refusal refused = unknown;
    limits.check(
        known,
        context,
        verdict -> {
          if (call.ended()) {
            return; // Its caller has gone meanwhile, or its deadline has.
          }
          verdict.tell(call.response().headers());
          Refusal limited = verdict.refusal();
          Refusal refusal = limited == null ? refused : limited;
          if (known == null || refusal != null) {
            call.end(Failure.of(Objects.requireNonNull(refusal), true));
          } else {
            then.accept(known);
          }
        });
  }

  private void begin(RoutingContext context, GrpcCall call, Caller caller) {
    String method = Objects.requireNonNull(context.pathParam("method"));
    call.read(frame ->
        Thread.ofVirtual()
            .name("grpc")
            .start(() -> {
              if (method.equals("Subscribe")) {
                events.answer(context, call, caller, frame);
              } else {
                unary(call, method, caller, frame);
              }
            }));
  }

  private void unary(GrpcCall call, String method, Caller caller, Frame frame) {
    Runnable end;
    try {
      ByteString message = call.plain(frame);
      AtomicReference<byte @Nullable []> answer = new AtomicReference<>();
      Map<String, String> metadata = new LinkedHashMap<>();
      Attempts.run(
          () -> answer.set(calls.answer(method, caller, message, call.deadline(), metadata)));
      byte[] told = answer.get();
      Buffer sent = told == null ? null : call.frame(told);
      end =
          sent == null ? () -> call.end(GrpcCall.unknownMethod()) : () -> call.end(sent, metadata);
    } catch (InterruptedException | RuntimeException failed) {
      boolean reading = method.equals("Get") || method.equals("List");
      Failure failure = Failure.of(failed, reading);
      end = () -> call.end(failure);
    }
    Runnable told = end;
    call.loop().runOnContext(_ -> told.run());
  }
}
