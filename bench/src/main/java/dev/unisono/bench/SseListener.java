package dev.unisono.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/** Times changes from their commit to a client of the server's event stream. For one thread. */
final class SseListener {
  private final Parameters parameters;
  private final InstantSource clock;
  private final Runnable ready;

  SseListener(Parameters parameters, InstantSource clock, Runnable ready) {
    this.parameters = parameters;
    this.clock = clock;
    this.ready = ready;
  }

  Map<String, Number> listen() throws IOException, InterruptedException {
    Arrivals arrivals = Arrivals.of(parameters, clock);
    Thread.ofPlatform().name("events").daemon().start(() -> read(arrivals));
    return arrivals.await();
  }

  private void read(Arrivals arrivals) {
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpResponse<InputStream> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(parameters.text("url")))
                  .header(
                      "Authorization",
                      "Bearer " + Files.readString(Path.of(parameters.text("token"))).strip())
                  .header("Accept", "text/event-stream")
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      if (answer.statusCode() != 200) {
        throw new BenchFailure(
            "the stream is refused: "
                + new String(answer.body().readAllBytes(), StandardCharsets.UTF_8));
      }
      readLines(answer.body(), arrivals);
      throw new BenchFailure("the stream has ended");
    } catch (IOException failed) {
      throw new UncheckedIOException("the stream has failed", failed);
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    }
  }

  private void readLines(InputStream body, Arrivals arrivals) throws IOException {
    BufferedReader reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    boolean greeted = false;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.startsWith("data:")) {
        int record = line.indexOf("\"record\":");
        if (record >= 0) {
          arrivals.arrived(number(line, "\"id\":", record), number(line, "\"due\":", record));
        }
      } else if (!greeted && line.startsWith(":")) {
        greeted = true;
        ready.run();
      }
    }
  }

  /** The whole number behind a name; cheaper than a parser, which would be measured too. */
  static long number(String line, String name, int from) {
    int at = line.indexOf(name, from);
    if (at < 0) {
      throw new BenchFailure("no " + name + " in " + line);
    }
    at += name.length();
    if (line.charAt(at) == '"') {
      at++;
    }
    long value = 0;
    for (; Character.isDigit(line.charAt(at)); at++) {
      value = value * 10 + (line.charAt(at) - '0');
    }
    return value;
  }
}
