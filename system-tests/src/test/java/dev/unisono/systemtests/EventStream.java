package dev.unisono.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client of the server-sent events of all entities, reading line by line as the standard says
 * (WHATWG HTML, 9.2.6). Resumes alternately by the header and by the parameter. Safe for threads.
 */
final class EventStream implements StreamClient {
  private static final long PAUSE_MILLIS = 30;

  private final URI api;
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
  private final AtomicInteger connections = new AtomicInteger();
  private volatile String doing = "not begun";
  private volatile String lastEnd = "none";

  /**
   * Begins to listen.
   *
   * @param from the cursor to begin after; null to begin with a snapshot
   * @param observer sees each event after it was applied to the picture
   */
  EventStream(URI api, String token, @Nullable String from, Consumer<StreamEvent> observer) {
    this.api = api;
    this.token = token;
    this.from = from;
    this.observer = observer;
    this.thread = Thread.ofPlatform().daemon().name("event-stream").start(this::run);
  }

  @Override
  public String name() {
    return "server-sent events";
  }

  @Override
  public RecordPicture picture() {
    return picture;
  }

  @Override
  public String state() {
    return doing + " (connection " + connections + "; the last end: " + lastEnd + ")";
  }

  /** How often it has been connected. */
  int connections() {
    return connections.get();
  }

  private void run() {
    try {
      while (!closing.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        try {
          listen();
        } catch (IOException away) {
          // The server is away, or went away: the loop resumes by the cursor.
          lastEnd = doing + ": " + away;
        }
      }
      doing = "closed";
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    } catch (Throwable failed) {
      doing = "failed";
      picture.complain("the client has failed: " + failed);
    }
  }

  private void listen() throws IOException, InterruptedException {
    doing = "connecting";
    HttpResponse<InputStream> answer =
        http.send(request(), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = answer.body()) {
      if (answer.statusCode() >= 500) {
        lastEnd = "answered by " + answer.statusCode();
        return;
      }
      if (answer.statusCode() != 200) {
        picture.complain(
            "refused by "
                + answer.statusCode()
                + ": "
                + new String(body.readAllBytes(), StandardCharsets.UTF_8));
        closing.countDown();
        return;
      }
      connections.incrementAndGet();
      doing = "listening";
      read(new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8)));
    }
  }

  private HttpRequest request() {
    String last = picture.cursor();
    String cursor = last == null ? from : last;
    String query = "";
    if (cursor == null) {
      picture.clear();
      query = "?snapshot=true";
    } else if (connections.get() % 2 == 0) {
      query = "?after=" + URLEncoder.encode(cursor, StandardCharsets.UTF_8);
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(api.resolve("/v1/changes" + query))
            .header("Authorization", "Bearer " + token)
            .header("Accept", "text/event-stream");
    if (cursor != null && query.isEmpty()) {
      request.header("Last-Event-ID", cursor);
    }
    return request.build();
  }

  private void read(BufferedReader lines) throws IOException {
    @Nullable String id = null;
    String kind = "message";
    StringBuilder data = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          dispatch(id, kind, data.substring(0, data.length() - 1));
        }
        id = null;
        kind = "message";
        data.setLength(0);
      } else if (line.startsWith("id:")) {
        id = value(line, 3);
      } else if (line.startsWith("event:")) {
        kind = value(line, 6);
      } else if (line.startsWith("data:")) {
        data.append(value(line, 5)).append('\n');
      } else if (!line.startsWith(":") && !line.startsWith("retry:")) {
        picture.complain("not a line of server-sent events: " + line);
      }
    }
  }

  private static String value(String line, int from) {
    return line.startsWith(" ", from) ? line.substring(from + 1) : line.substring(from);
  }

  private void dispatch(@Nullable String id, String kind, String data) {
    StreamEvent event = new StreamEvent(id, kind, ExactJson.parse(data));
    picture.apply(event);
    observer.accept(event);
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
