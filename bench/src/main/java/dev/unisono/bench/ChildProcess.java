package dev.unisono.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A contender in a virtual machine of its own. It ends when its input does, so it never outlives
 * whoever started it. For one thread.
 */
final class ChildProcess implements AutoCloseable {
  /** The same for every contender, whoever starts it. */
  static final List<String> JVM_OPTIONS = List.of("-Xms1g", "-Xmx2g");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String END = "\u0000end";

  private final Process process;
  private final Path log;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private ChildProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    Thread.ofVirtual().name("output of " + process.pid()).start(this::readLines);
  }

  static ChildProcess start(Path log, String kind, Map<String, String> parameters) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(JVM_OPTIONS);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Contender.class.getName());
    command.add(kind);
    parameters.forEach((name, value) -> command.add(name + "=" + value));
    try {
      return new ChildProcess(new ProcessBuilder(command).redirectError(log.toFile()).start(), log);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot start a contender", failed);
    }
  }

  private void readLines() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException gone) {
      // Its end is told below, as any other end.
    }
    lines.add(END);
  }

  long processId() {
    return process.pid();
  }

  /** Fails where it has ended by itself. */
  boolean alive() {
    if (!process.isAlive()) {
      throw new BenchFailure("the contender has ended. " + lastLines());
    }
    return true;
  }

  void awaitReady(Duration atMost) throws InterruptedException {
    await(Contender.READY, atMost);
  }

  /** What it measured. */
  JsonNode awaitResult(Duration atMost) throws InterruptedException {
    try {
      return JSON.readTree(await(Contender.RESULT, atMost).substring(Contender.RESULT.length()));
    } catch (JsonProcessingException broken) {
      throw new BenchFailure("the contender's result cannot be read", broken);
    }
  }

  private String await(String start, Duration atMost) throws InterruptedException {
    Deadline deadline = Deadline.in(atMost);
    while (true) {
      String line = lines.poll(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new BenchFailure(
            "the contender says nothing for " + atMost.toSeconds() + " s. " + lastLines());
      }
      if (line.equals(END)) {
        throw new BenchFailure("the contender has ended. " + lastLines());
      }
      if (line.startsWith(start)) {
        return line;
      }
    }
  }

  private String lastLines() {
    try {
      List<String> all = Files.readAllLines(log);
      return "Its last words:\n"
          + String.join("\n", all.subList(Math.max(0, all.size() - 25), all.size()));
    } catch (IOException unreadable) {
      return "Its log cannot be read.";
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (IOException gone) {
      process.destroyForcibly();
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
