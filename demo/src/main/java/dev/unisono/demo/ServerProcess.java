package dev.unisono.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The Unisono server as a process of its own, as {@code unisono run} would start it. */
final class ServerProcess implements AutoCloseable {
  static final String CONFIG_PROPERTY = "-Dunisono.config=";
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final DemoFolder folder;
  private final String api;
  private final Path log;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private ServerProcess(Process process, DemoFolder folder, String api, Path log) {
    this.process = process;
    this.folder = folder;
    this.api = api;
    this.log = log;
  }

  static ServerProcess start(Path home, DemoFolder folder, int port) {
    Path jar = home.resolve("server/target/quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new DemoFailure(
          "not-built: " + jar + " is missing. Start the demo by ./unisono demo, which builds it.");
    }
    Path log = folder.path().resolve("server.log");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx768m",
            CONFIG_PROPERTY + folder.config(),
            "-jar",
            jar.toString());
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      return new ServerProcess(process, folder, "http://127.0.0.1:" + port, log);
    } catch (IOException failed) {
      throw new DemoFailure("server-not-started: " + failed.getMessage(), failed);
    }
  }

  String api() {
    return api;
  }

  long processId() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  String token() {
    try {
      return Files.readString(folder.tokenFile()).strip();
    } catch (IOException failed) {
      throw new UncheckedIOException("the server has left no token", failed);
    }
  }

  /** Waits until the server says that all its parts are ready. */
  void awaitReady(BooleanSupplier giveUp) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + START_LIMIT.toNanos();
    String last = "it does not answer";
    while (System.nanoTime() < deadlineNanos) {
      if (giveUp.getAsBoolean()) {
        throw new DemoFailure("stopped");
      }
      if (!process.isAlive()) {
        throw new DemoFailure("server-ended: the server has ended. " + lastLines());
      }
      try {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(api + "/health/ready")).build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          return;
        }
        last = answer.body();
      } catch (IOException notYet) {
        last = "it does not answer";
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new DemoFailure(
        "server-not-ready: after " + START_LIMIT.toSeconds() + " s: " + last + ". " + lastLines());
  }

  /** A link that signs a browser in, once. */
  String signInLink() {
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(api + "/v1/admin/sign-in-links"))
                  .header("Authorization", "Bearer " + token())
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new DemoFailure("no-sign-in-link: the server answered " + answer.body());
      }
      return JSON.readTree(answer.body()).get("url").asText();
    } catch (IOException failed) {
      throw new DemoFailure("no-sign-in-link: " + failed.getMessage(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new DemoFailure("stopped", interrupted);
    }
  }

  /** The end of the server's log, for a message. */
  String lastLines() {
    try {
      List<String> lines = Files.readAllLines(log);
      return "Its last words ("
          + log
          + "):\n"
          + String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    } catch (IOException unreadable) {
      return "Its log is " + log + ".";
    }
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
    try {
      if (!process.waitFor(15, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
