package dev.unisono.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client of the WebSocket with a subscription for each entity. It resumes each of them by its own
 * last cursor. Safe for threads.
 */
final class SocketStream implements StreamClient {
  private static final long PAUSE_MILLIS = 30;
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);

  /** The server pings more often than this: one that has not been heard for so long is gone. */
  private static final Duration SILENCE = Duration.ofSeconds(40);

  private final URI address;
  private final String token;
  private final RecordPicture picture = new RecordPicture();
  private final Consumer<StreamEvent> observer;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final Thread thread;
  private final @Nullable String from;
  private volatile String doing = "not begun";
  private volatile String lastEnd = "none";
  private final AtomicInteger connections = new AtomicInteger();

  /**
   * Begins to listen.
   *
   * @param from the cursor to begin after; null to begin with a snapshot
   * @param observer sees each event after it was applied to the picture
   */
  SocketStream(URI api, String token, @Nullable String from, Consumer<StreamEvent> observer) {
    this.address = URI.create("ws://" + api.getAuthority() + "/v1/stream");
    this.token = token;
    this.from = from;
    this.observer = observer;
    this.thread = Thread.ofPlatform().daemon().name("socket-stream").start(this::run);
  }

  @Override
  public String name() {
    return "WebSocket";
  }

  @Override
  public RecordPicture picture() {
    return picture;
  }

  @Override
  public String state() {
    return doing + " (connection " + connections + "; the last end: " + lastEnd + ")";
  }

  private void run() {
    try {
      while (!closing.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        listen();
      }
      doing = "closed";
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    } catch (Throwable failed) {
      doing = "failed";
      picture.complain("the client has failed: " + failed);
    }
  }

  /** On one connection, as long as it lasts. */
  private void listen() throws InterruptedException {
    Session session = new Session();
    doing = "connecting";
    try {
      WebSocket socket =
          http.newWebSocketBuilder()
              .connectTimeout(HANDSHAKE)
              .header("Authorization", "Bearer " + token)
              .buildAsync(address, session)
              .join();
      connections.incrementAndGet();
      doing = "subscribing";
      subscribe(socket);
      doing = "listening";
      session.await();
      lastEnd = session.how;
      socket.abort();
    } catch (CompletionException away) {
      // The server is away, or went away: the loop resumes by the cursors.
      lastEnd = doing + ": " + away.getCause();
    }
  }

  private void subscribe(WebSocket socket) {
    for (MirroredEntity entity : MirroredEntity.values()) {
      ObjectNode subscribe = ExactJson.object();
      subscribe.put("subscribe", "s-" + entity.entity()).put("entity", entity.entity());
      String last = picture.cursor(entity.entity());
      String cursor = last == null ? from : last;
      if (cursor == null) {
        picture.clear(entity.entity());
        subscribe.put("snapshot", true);
      } else {
        subscribe.put("after", cursor);
      }
      socket.sendText(subscribe.toString(), true).join();
    }
  }

  private void receive(String text) {
    JsonNode frame = ExactJson.parse(text);
    if (frame.has("error")) {
      picture.complain("the server says: " + text);
    } else if (frame.has("event")) {
      JsonNode cursor = frame.get("cursor");
      StreamEvent event =
          new StreamEvent(
              cursor == null ? null : cursor.asText(), frame.path("event").asText(), frame);
      picture.apply(event);
      observer.accept(event);
    } else if (frame.has("through")) {
      String entity = frame.path("sub").asText().substring("s-".length());
      picture.reached(entity, frame.path("through").asText());
    } else if (!frame.has("subscribed") && !frame.has("pong")) {
      picture.complain("an unknown frame: " + text);
    }
  }

  /** What comes in on one connection. Called by one thread at a time. */
  private final class Session implements WebSocket.Listener {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final StringBuilder text = new StringBuilder();
    private volatile long heardNanos = System.nanoTime();
    private volatile String how = "nothing was heard for " + SILENCE.toSeconds() + " s";

    /** Waits for its end, or until it is as good as ended. */
    void await() throws InterruptedException {
      while (!ended.await(1, TimeUnit.SECONDS)) {
        if (System.nanoTime() - heardNanos > SILENCE.toNanos()) {
          return;
        }
      }
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
      heardNanos = System.nanoTime();
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      heardNanos = System.nanoTime();
      text.append(part);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        try {
          receive(whole);
        } catch (RuntimeException | AssertionError failed) {
          picture.complain("the client has failed: " + failed);
        }
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      // Below 4000: one of the ways in which a server goes away. 4408: too slow, go on from the
      // last cursor.
      if (code >= 4000 && code != 4408 && closing.getCount() > 0) {
        picture.complain("closed with " + code + ": " + reason);
      }
      how = "closed with " + code;
      ended.countDown();
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      how = error.toString();
      ended.countDown();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    http.shutdownNow();
    thread.interrupt();
    try {
      thread.join(10_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
