package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.TlsConfig;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Asks a running server by its API, as the holder of the admin token. For one thread. */
final class ApiClient implements AutoCloseable {
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,200}");
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  private final HttpClient http;
  private final String url;
  private final String token;

  private ApiClient(String url, String token, @Nullable Path certificate) {
    HttpClient.Builder client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_LIMIT);
    if (certificate != null) {
      client.sslContext(ServerTrust.context(certificate, System::getenv));
    }
    this.http = client.build();
    this.url = url;
    this.token = token;
  }

  /**
   * The server that runs with a config, on this machine, with the token of its state folder.
   *
   * @throws UnisonoException token-unreadable, and what is wrong with the file
   */
  static ApiClient of(Path file) {
    // Only its address and state folder matter: secrets that are not set here do no harm.
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(file);
    Config config = outcome.draft();
    if (config == null) {
      throw new UnisonoException(outcome.problems().getFirst().problem());
    }
    String host = config.server().host();
    String reached =
        switch (host) {
          case "0.0.0.0" -> "127.0.0.1";
          case "::" -> "[::1]";
          default -> host.contains(":") ? "[" + host + "]" : host;
        };
    TlsConfig tls = config.server().tls();
    return at(
        config.server().scheme() + "://" + reached + ":" + config.server().port(),
        config.state().folder().resolve("admin-token"),
        tls == null ? null : tls.certificateIn(config.state().folder()));
  }

  /** What is asked of a server. */
  interface Question {
    void put(ApiClient client) throws InterruptedException;
  }

  /**
   * Asks the server that runs with a config; what it refuses is told on the error stream.
   *
   * @return the exit code: 0, 1 where there is no such thing, 2 where it was refused
   */
  static int ask(Path file, Question question) throws InterruptedException {
    try (ApiClient client = of(file)) {
      question.put(client);
      return 0;
    } catch (UnisonoException refused) {
      Problem problem = refused.problem();
      System.err.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
      return problem.code().equals("not-found") ? 1 : 2;
    }
  }

  /**
   * An answer that says well.
   *
   * @throws UnisonoException what it says where it does not
   */
  static Answer good(Answer answer) {
    if (!answer.well()) {
      throw new UnisonoException(answer.problem());
    }
    return answer;
  }

  /**
   * A server anywhere.
   *
   * @param certificate the one that it must show; null where an authority's will do, or plain HTTP
   */
  static ApiClient at(String url, Path tokenFile, @Nullable Path certificate) {
    try {
      URI.create(url);
      String token = Files.readString(tokenFile).strip();
      if (TOKEN.matcher(token).matches()) {
        return new ApiClient(
            url.endsWith("/") ? url.substring(0, url.length() - 1) : url, token, certificate);
      }
    } catch (IOException failed) {
      // Said below, like a file that holds something else, of which nothing is shown.
    } catch (IllegalArgumentException notUrl) {
      throw unreachable(url);
    }
    throw new UnisonoException(
        new Problem(
            "token-unreadable",
            ProblemType.USER,
            "There is no admin token to be read in " + tokenFile + ".",
            null,
            "The server writes it there at its first start, for its own user. Where it was moved, put"
                + " it back; ./unisono snapshot takes another file by --token-file."));
  }

  private static UnisonoException unreachable(String url) {
    return new UnisonoException(
        new Problem(
            "server-unreachable",
            ProblemType.EXTERNAL,
            "No Unisono server answers at " + url + ".",
            null,
            "Does it run? Name the config it runs with, or --url and --token-file."));
  }

  /**
   * What the server answered: a JSON object.
   *
   * @param text as it came
   * @param fields objects are maps, arrays lists, the rest texts, numbers, booleans and null
   */
  record Answer(int status, String text, Map<String, @Nullable Object> fields) {
    boolean well() {
      return status < 300;
    }

    /** What it says where it does not say well. */
    Problem problem() {
      String code = String.valueOf(fields.get("code"));
      String detail = String.valueOf(fields.get("detail"));
      return new Problem(code, ProblemType.USER, detail, null, "");
    }
  }

  /** A text as JSON. */
  static String quoted(String text) {
    return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
  }

  Answer get(String path) throws InterruptedException {
    return send(request(path).GET().build());
  }

  Answer post(String path, String json) throws InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build());
  }

  Answer patch(String path, String json) throws InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method("PATCH", HttpRequest.BodyPublishers.ofString(json))
            .build());
  }

  Answer post(String path) throws InterruptedException {
    return send(request(path).POST(HttpRequest.BodyPublishers.noBody()).build());
  }

  Answer delete(String path) throws InterruptedException {
    return send(request(path).DELETE().build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .timeout(ANSWER_LIMIT)
        .header("Authorization", "Bearer " + token);
  }

  private Answer send(HttpRequest request) throws InterruptedException {
    try {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      String body = answer.body();
      return new Answer(
          answer.statusCode(), body, answer.statusCode() == 204 ? Map.of() : object(body));
    } catch (SSLException failed) {
      throw new UnisonoException(
          new Problem(
              "server-not-trusted",
              ProblemType.EXTERNAL,
              "No trusted connection to " + url + ": " + failed.getMessage() + ".",
              null,
              "Name the config that the server runs with. Where it asks for a certificate, name yours"
                  + " by UNISONO_CLIENT_CERTIFICATE and UNISONO_CLIENT_KEY."),
          failed);
    } catch (IOException | IllegalArgumentException failed) {
      throw unreachable(url);
    }
  }

  private static Map<String, @Nullable Object> object(String text) throws IOException {
    try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("the answer is no JSON object");
      }
      return object(json);
    }
  }

  private static Map<String, @Nullable Object> object(JsonParser json) throws IOException {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      fields.put(name, value(json));
    }
    return fields;
  }

  private static @Nullable Object value(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case START_OBJECT -> object(json);
      case START_ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(json));
        }
        yield items;
      }
      case VALUE_NUMBER_INT -> json.getNumberValue();
      case VALUE_NUMBER_FLOAT -> json.getDecimalValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case null, default -> json.getText();
    };
  }

  @Override
  public void close() {
    http.close();
  }
}
