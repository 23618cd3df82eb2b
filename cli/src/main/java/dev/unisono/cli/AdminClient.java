package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ServiceLoader;

/**
 * Asks a running server, by its config: its address from {@code server}, its token from the state
 * folder. For one thread.
 */
final class AdminClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI base;
  private final String token;

  private AdminClient(URI base, String token) {
    this.base = base;
    this.token = token;
  }

  /**
   * The client of the server that runs with a config.
   *
   * @throws UnisonoException file-unreadable, no-admin-token
   */
  static AdminClient of(Path file) {
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(file);
    Config config = outcome.draft();
    if (config == null) {
      throw new UnisonoException(outcome.problems().getFirst().problem());
    }
    Path token = config.state().folder().resolve("admin-token");
    String host = config.server().host();
    String address = host.equals("0.0.0.0") || host.equals("::") ? "localhost" : host;
    try {
      return new AdminClient(
          URI.create(
              "http://"
                  + (address.contains(":") ? "[" + address + "]" : address)
                  + ":"
                  + config.server().port()),
          Files.readString(token).strip());
    } catch (IOException unreadable) {
      throw new UnisonoException(
          new Problem(
              "no-admin-token",
              ProblemType.USER,
              "The admin token " + token + " cannot be read.",
              null,
              "Has the server been started with this config, and may this user read its state?"));
    }
  }

  /**
   * Asks for a path and returns the body of a good answer.
   *
   * @throws UnisonoException server-unreachable, or the problem that the server answers
   */
  String ask(String method, String path) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + token)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 400) {
        throw new UnisonoException(told(answer));
      }
      return answer.body();
    } catch (IOException away) {
      throw new UnisonoException(
          new Problem(
              "server-unreachable",
              ProblemType.EXTERNAL,
              "The server at " + base + " does not answer.",
              "server",
              "Start it with ./unisono run and this config."),
          away);
    }
  }

  private static Problem told(HttpResponse<String> answer) throws IOException {
    String code = "status-" + answer.statusCode();
    String detail = "The server answers with status " + answer.statusCode() + ".";
    String type = answer.headers().firstValue("Content-Type").orElse("");
    if (type.startsWith("application/problem+json")) {
      try (JsonParser json = EntityJson.FACTORY.createParser(answer.body())) {
        while (json.nextToken() != null) {
          if (json.currentToken() == JsonToken.VALUE_STRING && "code".equals(json.currentName())) {
            code = json.getText();
          } else if ("detail".equals(json.currentName())) {
            detail = json.getText();
          }
        }
      }
    }
    return new Problem(code, ProblemType.USER, detail, null, "");
  }

  @Override
  public void close() {
    http.close();
  }
}
