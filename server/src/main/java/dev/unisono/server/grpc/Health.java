package dev.unisono.server.grpc;

import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * Whether this server can serve, by gRPC's health checking protocol, asked once or watched. Anybody
 * may ask, as with the other doors' health. Safe for threads.
 */
public final class Health implements AutoCloseable {
  private static final int MOST_BYTES = 1 << 10;
  private static final int MOST_WATCHERS = 1_000;
  private static final long LOOK_MILLIS = 500;

  /** As the description numbers them. */
  enum Status {
    UNKNOWN(0),
    SERVING(1),
    NOT_SERVING(2),
    SERVICE_UNKNOWN(3);

    final int number;

    Status(int number) {
      this.number = number;
    }
  }

  private final Set<String> dependent;
  private final Set<String> known;
  private final BooleanSupplier ready;
  private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private boolean looking;

  /**
   * @param dependent the services that can serve once everything is ready
   * @param others those that always can
   * @param ready whether everything is; may block
   */
  Health(List<String> dependent, List<String> others, BooleanSupplier ready) {
    this.dependent = Set.copyOf(dependent);
    this.known = Set.copyOf(others);
    this.ready = ready;
  }

  void mount(Router router) {
    router.post("/grpc.health.v1.Health/:method").handler(this::call);
  }

  private void call(RoutingContext context) {
    GrpcCall call = GrpcCall.begin(context, MOST_BYTES);
    if (call == null) {
      return;
    }
    String method = String.valueOf(context.pathParam("method"));
    call.read(frame -> {
      String service = Proto.Fields.of(call.plain(frame)).text(1);
      switch (method) {
        case "Check" -> check(call, service);
        case "Watch" -> watch(context, call, service);
        default -> call.end(GrpcCall.unknownMethod());
      }
    });
  }

  private void check(GrpcCall call, String service) {
    Thread.ofVirtual()
        .name("grpc-health")
        .start(() -> {
          Status status = of(service, allReady());
          call.loop()
              .runOnContext(_ -> {
                if (status == Status.SERVICE_UNKNOWN) {
                  call.end(
                      Failure.of(new Refusal(404, "not-found", "There is no such service."), true));
                } else {
                  call.end(call.frame(message(status)), Map.of());
                }
              });
        });
  }

  /** What cannot be told is not ready. */
  private boolean allReady() {
    try {
      return ready.getAsBoolean();
    } catch (RuntimeException failed) {
      return false;
    }
  }

  private static byte[] message(Status status) {
    return Proto.message(out -> out.writeEnum(1, status.number));
  }

  private Status of(String service, boolean allReady) {
    boolean depends = service.isEmpty() || dependent.contains(service);
    if (!depends && !known.contains(service)) {
      return Status.SERVICE_UNKNOWN;
    }
    return closed || (depends && !allReady) ? Status.NOT_SERVING : Status.SERVING;
  }

  /** Who is told how a service is; of its call's event loop. */
  private final class Watcher {
    private final GrpcCall call;
    private final String service;
    private Status told = Status.UNKNOWN;

    Watcher(GrpcCall call, String service) {
      this.call = call;
      this.service = service;
    }

    void look(boolean allReady) {
      call.loop()
          .runOnContext(_ -> {
            Status now = of(service, allReady);
            // Who takes nothing is told what holds once it does.
            if (now != told && !call.ended() && !call.response().writeQueueFull()) {
              told = now;
              call.send(message(now));
            }
          });
    }

    void end() {
      look(false);
      call.loop()
          .runOnContext(_ ->
              call.end(Failure.of(new Refusal(503, "stopping", "The server is stopping."), true)));
    }
  }

  private void watch(RoutingContext context, GrpcCall call, String service) {
    if (watchers.size() >= MOST_WATCHERS) {
      call.end(
          Failure.of(
              new Refusal(
                  429,
                  "too-many-subscriptions",
                  "At most " + MOST_WATCHERS + " watch the server's health; ask by Check."),
              true));
      return;
    }
    Watcher watcher = new Watcher(call, service);
    watchers.add(watcher);
    context.addEndHandler(_ -> watchers.remove(watcher));
    Thread.ofVirtual().name("grpc-health").start(() -> begin(watcher));
  }

  private void begin(Watcher watcher) {
    watcher.look(allReady());
    if (closed) {
      watcher.end();
      return;
    }
    synchronized (this) {
      if (looking) {
        return;
      }
      looking = true;
    }
    look();
  }

  /** For as long as somebody watches, one thread looks for all of them. */
  private void look() {
    try {
      while (!closed) {
        Thread.sleep(LOOK_MILLIS);
        synchronized (this) {
          if (watchers.isEmpty()) {
            looking = false;
            return;
          }
        }
        boolean allReady = allReady();
        watchers.forEach(each -> each.look(allReady));
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tells all who watch that nothing is served any more. */
  @Override
  public void close() {
    closed = true;
    watchers.forEach(Watcher::end);
  }
}
