package dev.unisono.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The Unisono server as a process of its own, started as {@code unisono run FILE} starts it, so
 * that it can be killed like one. For one thread.
 */
public final class ServerProcess implements AutoCloseable {
  /** The start of the argument that names the config; whoever looks for left-overs looks for it. */
  public static final String CONFIG_ARGUMENT = "-Dunisono.config=";

  /** The property that has options for the virtual machines of all servers, with spaces between. */
  private static final String OPTIONS = "unisono.server.options";

  /** No answer within this time is none: whoever waits must be able to go on. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  private static final String JAR = "server/target/quarkus-app/quarkus-run.jar";

  /** What the launcher's training run left, so that the server starts sooner; may be missing. */
  private static final String CACHE = "server/target/unisono.aot";

  private final Process process;
  private final String api;
  private final Path tokenFile;
  private final Path log;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private ServerProcess(Process process, String api, Path tokenFile, Path log) {
    this.process = process;
    this.api = api;
    this.tokenFile = tokenFile;
    this.log = log;
  }

  /**
   * Starts a server; returns at once, see {@link #awaitReady}.
   *
   * @param home the project's folder, see {@link #projectFolder}
   * @param config the config file; must say {@code server.port} as given here
   * @param stateFolder the folder that the config names under {@code state.folder}
   * @param log where its output goes; what is there is kept
   * @param options further options for its virtual machine
   */
  public static ServerProcess start(
      Path home, Path config, int port, Path stateFolder, Path log, List<String> options) {
    Path jar = home.resolve(JAR);
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          jar + " is missing. Build it, for instance by any command of ./unisono.");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-Xmx768m");
    Path cache = home.resolve(CACHE);
    if (Files.exists(cache)) {
      command.add("-XX:AOTCache=" + cache);
    }
    String forAll = System.getProperty(OPTIONS, "");
    if (!forAll.isEmpty()) {
      command.addAll(List.of(forAll.split(" ")));
    }
    command.addAll(options);
    command.add(CONFIG_ARGUMENT + config.toAbsolutePath());
    command.add("-jar");
    command.add(jar.toString());
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      return new ServerProcess(
          process, "http://127.0.0.1:" + port, stateFolder.resolve("admin-token"), log);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot start " + String.join(" ", command), failed);
    }
  }

  /** The project's folder: named by the property {@code unisono.home}, or found above this one. */
  public static Path projectFolder() {
    String named = System.getProperty("unisono.home");
    if (named != null) {
      return Path.of(named).toAbsolutePath().normalize();
    }
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("unisono")) && Files.exists(folder.resolve("spi"))) {
        return folder;
      }
    }
    throw new IllegalStateException("not in the project's folder; name it by -Dunisono.home=…");
  }

  /** A port of the loopback address that is free now. */
  public static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** {@code http://host:port}, without a slash at the end. */
  public String api() {
    return api;
  }

  public long processId() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  public Path tokenFile() {
    return tokenFile;
  }

  public String token() {
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException failed) {
      throw new UncheckedIOException("the server has left no token. " + lastLines(), failed);
    }
  }

  /** Waits until the server says that all its parts are ready. */
  public void awaitReady(Duration atMost, BooleanSupplier giveUp) throws InterruptedException {
    await("/health/ready", atMost, giveUp);
  }

  /** Waits until the server answers at all, whatever its parts do. */
  public void awaitLive(Duration atMost) throws InterruptedException {
    await("/health/live", atMost, () -> false);
  }

  private void await(String path, Duration atMost, BooleanSupplier giveUp)
      throws InterruptedException {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    String last = "it does not answer";
    while (System.nanoTime() < deadlineNanos && !giveUp.getAsBoolean()) {
      if (!process.isAlive()) {
        throw new IllegalStateException("the server has ended. " + lastLines());
      }
      try {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(api + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          return;
        }
        last = answer.body();
      } catch (IOException notYet) {
        last = "it does not answer";
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    if (!giveUp.getAsBoolean()) {
      throw new IllegalStateException(
          "the server is not ready after "
              + atMost.toSeconds()
              + " s: "
              + last
              + ". "
              + lastLines());
    }
  }

  /** A request with the admin token, for a path of this server. */
  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(api + path))
        .timeout(ANSWER_LIMIT)
        .header("Authorization", "Bearer " + token());
  }

  public HttpResponse<String> send(HttpRequest request) throws InterruptedException {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException failed) {
      throw new UncheckedIOException("no answer from " + request.uri(), failed);
    }
  }

  /** The end of the server's log, for a message. */
  public String lastLines() {
    try {
      List<String> lines = Files.readAllLines(log);
      return "Its last words ("
          + log
          + "):\n"
          + String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
    } catch (IOException unreadable) {
      return "Its log is " + log + ".";
    }
  }

  /** Ends it at once, as a power cut would. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Ends it in order. */
  public void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      kill();
      throw new IllegalStateException("the server did not end within 20 s. " + lastLines());
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
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
