package dev.unisono.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The server between two databases, that can be ended in both ways and started again with the same
 * state on the same port. For one thread.
 */
final class MirrorServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Pattern CURSOR = Pattern.compile("u1\\.[A-Za-z0-9_-]+");
  private static final int PAGE = 1_000;

  private final Path folder;
  private final Path config;
  private final int port;
  private List<String> options = List.of();
  private @Nullable ServerProcess process;

  /** Not started yet. */
  MirrorServer(MirroredDatabases databases, Path folder, int snapshotChunk) throws IOException {
    this.folder = folder;
    this.port = ServerProcess.freePort();
    this.config = databases.writeConfig(folder, port, snapshotChunk);
  }

  /** The same, reaching the databases by these addresses. */
  MirrorServer(
      MirroredDatabases databases, Path folder, int snapshotChunk, String crmUrl, String billingUrl)
      throws IOException {
    this.folder = folder;
    this.port = ServerProcess.freePort();
    this.config = databases.writeConfig(folder, port, snapshotChunk, crmUrl, billingUrl);
  }

  /** Before it is started: how long the journal keeps what happened. */
  void keepFor(String retention) throws IOException {
    String text = Files.readString(config);
    Files.writeString(
        config, text.replace("state:  { ", "state:  { retention: " + retention + ", "));
  }

  /** Before it is started: further options for its virtual machine. */
  void virtualMachine(String... more) {
    options = List.of(more);
  }

  /** Before it is started: another text in the place of one that the config has. */
  void rewrite(String text, String by) throws IOException {
    String before = Files.readString(config);
    if (!before.contains(text)) {
      throw new IllegalArgumentException("the config has no " + text);
    }
    Files.writeString(config, before.replace(text, by));
  }

  /** Before it is started: the databases' settings get another one in front. */
  void configure(String system, String setting) throws IOException {
    String text = Files.readString(config);
    Files.writeString(
        config, text.replace("  " + system + ":\n", "  " + system + ":\n    " + setting + "\n"));
  }

  /** Starts it and returns at once. */
  void launch() {
    process =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            options);
  }

  /** Starts it and waits until it answers, whatever its parts do. */
  void startLive() throws InterruptedException {
    launch();
    process().awaitLive(START_LIMIT);
  }

  void start() throws InterruptedException {
    startLive();
    process().awaitReady(START_LIMIT, () -> false);
  }

  boolean running() {
    return process != null;
  }

  ServerProcess process() {
    ServerProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the server is not running");
    }
    return running;
  }

  URI api() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Ends it at once, as a power cut would. */
  void kill() throws InterruptedException {
    try (ServerProcess ending = process()) {
      ending.kill();
    }
    process = null;
  }

  /** Ends it in order. */
  void stop() throws InterruptedException {
    try (ServerProcess ending = process()) {
      ending.stop();
    }
    process = null;
  }

  HttpResponse<String> get(String path) throws InterruptedException {
    return process().send(process().request(path).build());
  }

  /** The oldest cursor that can be resumed from, as told to whoever asks for one of no journal. */
  String oldestCursor() throws InterruptedException {
    // Version 1, epoch 9,999, sequence 1.
    String gap = get("/v1/changes?after=u1.AQAAAAAAACcPAAAAAAAAAAE").body();
    Matcher cursor = CURSOR.matcher(gap);
    if (!cursor.find()) {
      throw new AssertionError("the oldest cursor is not told: " + gap);
    }
    return cursor.group();
  }

  private JsonNode status() throws InterruptedException {
    return ExactJson.parse(get("/v1/admin/status").body());
  }

  /** The sequence of the newest entry. */
  long journalHead() throws InterruptedException {
    return status().path("journal").path("head").asLong();
  }

  /** Fails where a source or a target has given up: then nothing more is to be waited for. */
  void checkNothingStopped(String waitingFor) throws InterruptedException {
    JsonNode status = status();
    for (String parts : List.of("sources", "targets")) {
      for (JsonNode part : status.path(parts)) {
        if (part.path("state").asText().equals("STOPPED")) {
          throw new AssertionError(part + " while waiting: " + waitingFor);
        }
      }
    }
  }

  /** All records of an entity as its list shows them, page by page. */
  Rows list(MirroredEntity entity, String sort) throws InterruptedException {
    SortedMap<Long, ObjectNode> records = new TreeMap<>();
    String first =
        "/v1/" + entity.plural() + "?limit=" + PAGE + (sort.isEmpty() ? "" : "&sort=" + sort);
    String path = first;
    while (true) {
      HttpResponse<String> answer = get(path);
      if (answer.statusCode() != 200) {
        throw new AssertionError(
            path + " was answered by " + answer.statusCode() + ": " + answer.body());
      }
      JsonNode page = ExactJson.parse(answer.body());
      for (JsonNode item : page.get("items")) {
        if (records.put(item.get("id").asLong(), (ObjectNode) item) != null) {
          throw new AssertionError(path + " shows twice: " + item);
        }
      }
      JsonNode next = page.get("next");
      if (next == null || next.isNull()) {
        return entity.shown("the list " + first, records);
      }
      path = first + "&after=" + URLEncoder.encode(next.asText(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
