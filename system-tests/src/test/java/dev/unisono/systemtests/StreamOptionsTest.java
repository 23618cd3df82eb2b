package dev.unisono.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A stream shows the records that were asked for, as much of them and in the form asked for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamOptionsTest {
  private static final String DATABASE = "app";
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private PostgresServer database;
  private ServerProcess server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    database = PostgresServer.temporary();
    database.createDatabase(DATABASE);
    execute("CREATE TABLE public.people (id bigint PRIMARY KEY, country text, visits bigint)");
    // Its log tells rows as they were before; that of items does not.
    execute("ALTER TABLE public.people REPLICA IDENTITY FULL");
    execute("CREATE TABLE public.items (id bigint PRIMARY KEY, price bigint)");
    execute("INSERT INTO public.people VALUES (1, 'DE', 0), (2, 'FR', 0), (3, NULL, 0)");
    Path password = folder.resolve("password");
    Files.createFile(
        password,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(password, database.password());
    int port = ServerProcess.freePort();
    Path config = folder.resolve("unisono.yaml");
    Files.writeString(
        config,
        """
        server: { port: %d }
        state: { folder: "%s" }
        systems:
          crm: { connector: postgres, url: "%s", user: %s, password: "${file:%s}" }
        entities:
          person:
            plural: people
            key: id
            schema:
              properties:
                id: { type: integer }
                country: { type: string }
                visits: { type: integer }
          item:
            key: id
            schema:
              properties:
                id: { type: integer }
                price: { type: integer }
        syncs:
          people: { entity: person, members: [{ system: crm, table: public.people, direction: read }] }
          items: { entity: item, members: [{ system: crm, table: public.items, direction: read }] }
        """
            .formatted(
                port,
                folder.resolve("state"),
                database.jdbcUrl(DATABASE),
                database.user(),
                password));
    server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of());
    server.awaitReady(LIMIT, () -> false);
    Eventually.isTrue(
        LIMIT,
        "all people",
        () -> server.send(server.request("/v1/people/3").build()).statusCode() == 200);
  }

  @AfterAll
  void stop() {
    http.shutdownNow();
    if (server != null) {
      server.close();
    }
    database.close();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.connect(DATABASE);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String coded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /** Events of one stream as they come, by a thread of its own. Safe for threads. */
  private final class Events implements AutoCloseable {
    private final BlockingQueue<StreamEvent> events = new LinkedBlockingQueue<>();
    private final InputStream body;

    Events(String path) throws Exception {
      HttpResponse<InputStream> answer =
          http.send(server.request(path).build(), HttpResponse.BodyHandlers.ofInputStream());
      assertEquals(200, answer.statusCode());
      body = answer.body();
      Thread.ofVirtual().start(this::read);
    }

    private void read() {
      try (BufferedReader lines = new BufferedReader(new InputStreamReader(body, UTF_8))) {
        String kind = "";
        @Nullable String cursor = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("id: ")) {
            cursor = line.substring(4);
          } else if (line.startsWith("event: ")) {
            kind = line.substring(7);
          } else if (line.startsWith("data: ")) {
            events.add(new StreamEvent(cursor, kind, ExactJson.parse(line.substring(6))));
          }
        }
      } catch (IOException ended) {
        // By the test.
      }
    }

    StreamEvent next() throws InterruptedException {
      StreamEvent event = events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertNotNull(event, "no event");
      return event;
    }

    /** Events up to that of a key: what each is called, its key and what is said of the filter. */
    List<String> through(long key) throws InterruptedException {
      List<String> seen = new ArrayList<>();
      StreamEvent event;
      do {
        event = next();
        String filter = event.data().path("filter").asText();
        seen.add(event.kind() + " " + event.key() + (filter.isEmpty() ? "" : " " + filter));
      } while (event.key() != key);
      return seen;
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  @Test
  void recordsThatComeToFulfilAFilterAndLeaveItAreToldSo() throws Exception {
    String filter = coded("record.country == 'DE'");
    try (Events german = new Events("/v1/changes/people?snapshot=true&filter=" + filter);
        Events all = new Events("/v1/changes/people?payload=key")) {
      assertEquals(List.of("created 1"), german.through(1));
      execute("UPDATE public.people SET country = 'DE' WHERE id = 2");
      execute("UPDATE public.people SET visits = 1 WHERE id = 2");
      execute("UPDATE public.people SET country = 'FR' WHERE id = 1");
      execute("UPDATE public.people SET country = 'IT' WHERE id = 1");
      execute("UPDATE public.people SET visits = 5 WHERE id = 3");
      execute("UPDATE public.people SET id = 20 WHERE id = 2");
      execute("DELETE FROM public.people WHERE id = 20");
      execute("DELETE FROM public.people WHERE id = 1");
      execute("INSERT INTO public.people VALUES (8, 'FR', 0), (9, 'DE', 0)");
      assertEquals(
          List.of(
              "created 2",
              "updated 2",
              "deleted 1 left",
              "deleted 2",
              "created 20",
              "deleted 20",
              "created 9"),
          german.through(9));
      assertEquals(
          List.of(
              "updated 2",
              "updated 2",
              "updated 1",
              "updated 1",
              "updated 3",
              "deleted 2",
              "created 20",
              "deleted 20",
              "deleted 1",
              "created 8",
              "created 9"),
          all.through(9));
      execute("UPDATE public.people SET visits = 2 WHERE id = 9");
      StreamEvent key = all.next();
      assertEquals(
          List.of("entity", "key", "version", "time"),
          key.data().properties().stream().map(Map.Entry::getKey).toList());
      StreamEvent whole = german.next();
      assertEquals(2, whole.record().path("visits").asInt());
      assertEquals(key.cursor(), whole.cursor());
    }
  }

  /** What comes in on one connection, as text. Safe for threads. */
  private static final class Frames implements WebSocket.Listener {
    private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        frames.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    JsonNode next() throws InterruptedException {
      String frame = frames.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertNotNull(frame, "no frame");
      return ExactJson.parse(frame);
    }
  }

  @Test
  void aSocketTakesTheSameByMembersAndAFrameIsACloudEvent() throws Exception {
    Frames frames = new Frames();
    WebSocket socket =
        http.newWebSocketBuilder()
            .header("Authorization", "Bearer " + server.token())
            .buildAsync(URI.create(server.api().replace("http:", "ws:") + "/v1/stream"), frames)
            .join();
    try {
      socket
          .sendText(
              "{\"subscribe\":\"x\",\"entity\":\"item\",\"filter\":\"record.prise > 1\"}", true)
          .join();
      JsonNode refused = frames.next();
      assertEquals("x", refused.path("sub").asText());
      assertEquals("bad-filter", refused.path("error").path("code").asText());
      assertTrue(refused.path("error").path("detail").asText().contains("column "));
      socket
          .sendText(
              "{\"subscribe\":\"s\",\"entity\":\"item\",\"filter\":\"record.price > 10\","
                  + "\"payload\":\"key\",\"format\":\"cloudevents\"}",
              true)
          .join();
      assertEquals("s", frames.next().path("subscribed").asText());
      execute("INSERT INTO public.items VALUES (1, 5), (2, 20)");
      execute("UPDATE public.items SET price = 6 WHERE id = 1");
      JsonNode created = frames.next();
      assertEquals("1.0", created.path("specversion").asText());
      assertEquals("dev.unisono.item.created", created.path("type").asText());
      assertEquals("/v1/changes/items", created.path("source").asText());
      assertEquals("2", created.path("subject").asText());
      assertEquals(created.path("cursor").asText(), created.path("id").asText());
      assertEquals(created.path("time"), created.path("data").path("time"));
      assertEquals(2, created.path("data").path("key").path("id").asInt());
      assertFalse(created.path("data").has("record"));
      JsonNode unmatched = frames.next();
      assertEquals("dev.unisono.item.deleted", unmatched.path("type").asText());
      assertEquals("deleted", unmatched.path("event").asText());
      assertEquals("unmatched", unmatched.path("data").path("filter").asText());
      assertEquals("1", unmatched.path("subject").asText());
    } finally {
      socket.abort();
    }
  }

  @Test
  void whatCannotBeAskedForIsRefused() throws Exception {
    for (String wrong :
        List.of(
            "/v1/changes/people?filter=" + coded("record.land == 'DE'"),
            "/v1/changes/people?filter=",
            "/v1/changes?filter=true",
            "/v1/changes/people?payload=none",
            "/v1/changes/people?format=xml")) {
      HttpResponse<String> answer =
          http.sendAsync(server.request(wrong).build(), HttpResponse.BodyHandlers.ofString())
              .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertEquals(400, answer.statusCode(), wrong + ": " + answer.body());
      String code = ExactJson.parse(answer.body()).path("code").asText();
      assertEquals(wrong.contains("filter") ? "bad-filter" : "bad-parameter", code, wrong);
    }
  }
}
