package dev.unisono.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis on this machine, listening on loopback only, that keeps nothing on disk. For one
 * thread.
 */
public final class RedisServer implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);

  private final Path program;
  private final Path folder;
  private final int port;
  private @Nullable Process process;

  private RedisServer(Path program, Path folder, int port) {
    this.program = program;
    this.folder = folder;
    this.port = port;
  }

  /** Starts it; where there is none the test is skipped or fails, see {@link Requirement}. */
  public static RedisServer start() {
    Path program =
        Requirement.program(
            "redis-server", "Install it to test shared limits (Debian: apt install redis-server).");
    try {
      RedisServer server =
          new RedisServer(
              program, Files.createTempDirectory("unisono-redis"), ServerProcess.freePort());
      server.launch();
      return server;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Ends it at once; all that it held is gone. */
  public void kill() {
    Process running = process;
    process = null;
    if (running != null) {
      running.destroyForcibly();
      running.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }
  }

  /** Starts it again after {@link #kill}, on the same port. */
  public void restart() {
    launch();
  }

  /** Has it stand still as it is: its connections stay and nothing is answered. */
  public void hang() {
    signal("-STOP");
  }

  /** Has it go on after {@link #hang}. */
  public void resume() {
    signal("-CONT");
  }

  private void signal(String signal) {
    Process running = process;
    if (running == null) {
      throw new IllegalStateException("Redis is not running");
    }
    try {
      new ProcessBuilder("kill", signal, Long.toString(running.pid()))
          .start()
          .onExit()
          .orTimeout(10, TimeUnit.SECONDS)
          .join();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void launch() {
    try {
      process =
          new ProcessBuilder(
                  program.toString(),
                  "--port",
                  Integer.toString(port),
                  "--bind",
                  "127.0.0.1",
                  "--save",
                  "",
                  "--appendonly",
                  "no",
                  "--dir",
                  folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve("redis.log").toFile()))
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      awaitAnswer();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot start Redis in " + folder, failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting Redis", interrupted);
    }
  }

  private void awaitAnswer() throws IOException, InterruptedException {
    long deadlineNanos = System.nanoTime() + START_DEADLINE.toNanos();
    while (!answers()) {
      Process started = process;
      if (started == null || !started.isAlive() || System.nanoTime() - deadlineNanos > 0) {
        kill();
        throw new IllegalStateException(
            "Redis does not start: " + Files.readString(folder.resolve("redis.log")));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(1_000);
      OutputStream out = socket.getOutputStream();
      out.write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readNBytes(5), StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException notYet) {
      return false;
    }
  }

  @Override
  public void close() {
    kill();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot remove " + folder, failed);
    }
  }
}
