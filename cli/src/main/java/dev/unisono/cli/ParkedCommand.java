package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code parked}: what targets refused, asked of a running server. */
@Command(
    name = "parked",
    mixinStandardHelpOptions = true,
    description = "Shows what targets refused, tries it again, gives it up.")
final class ParkedCommand {
  private final PrintStream out = System.out;

  @Command(mixinStandardHelpOptions = true, description = "Lists the rows that targets refused.")
  int list(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Option(names = "--target", description = "of this system only") @Nullable String target,
      @Option(names = "--rejected", description = "those that were given up") boolean rejected,
      @Option(names = "--json", description = "print each row as JSON, page by page") boolean json)
      throws InterruptedException, IOException {
    return ask(
        file,
        client -> {
          String query =
              "/v1/admin/parked?limit=1000&rejected="
                  + rejected
                  + (target == null ? "" : "&target=" + encoded(target));
          String after = "";
          int rows = 0;
          do {
            String page = client.ask("GET", query + after);
            if (json) {
              out.println(page);
            }
            Page read = Page.read(page, json ? null : out);
            rows += read.rows();
            after = read.next() == null ? "" : "&after=" + read.next();
          } while (!after.isEmpty());
          if (!json) {
            out.println(rows + (rows == 1 ? " row" : " rows"));
          }
        });
  }

  @Command(mixinStandardHelpOptions = true, description = "Tries rows again at once.")
  int retry(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "TARGET", description = "the system") String target,
      @Option(names = "--id", description = "this row only") @Nullable Long id)
      throws InterruptedException, IOException {
    return ask(
        file,
        client ->
            out.println(
                client.ask(
                    "POST",
                    "/v1/admin/parked/"
                        + encoded(target)
                        + "/retry"
                        + (id == null ? "" : "?id=" + id))));
  }

  @Command(mixinStandardHelpOptions = true, description = "Gives a row up, for a reason.")
  int discard(
      @Parameters(paramLabel = "FILE", description = "the config") Path file,
      @Parameters(paramLabel = "TARGET", description = "the system") String target,
      @Parameters(paramLabel = "ID", description = "the row's number") long id,
      @Option(names = "--reason", required = true, description = "why") String reason)
      throws InterruptedException, IOException {
    return ask(
        file,
        client ->
            out.println(
                client.ask(
                    "DELETE",
                    "/v1/admin/parked/"
                        + encoded(target)
                        + "/"
                        + id
                        + "?reason="
                        + encoded(reason))));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** What is asked of the server. */
  private interface Question {
    void put(AdminClient client) throws InterruptedException, IOException;
  }

  private static int ask(Path file, Question question) throws InterruptedException, IOException {
    try (AdminClient client = AdminClient.of(file)) {
      question.put(client);
      return 0;
    } catch (UnisonoException refused) {
      Problem problem = refused.problem();
      System.err.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
      return problem.code().equals("not-found") ? 1 : 2;
    }
  }

  /** One page of the list. */
  private record Page(int rows, @Nullable String next) {
    static Page read(String text, @Nullable PrintStream out) throws IOException {
      int rows = 0;
      String next = null;
      try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
        json.nextToken();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          boolean items = json.currentName().equals("items");
          json.nextToken();
          if (items) {
            while (json.nextToken() == JsonToken.START_OBJECT) {
              Map<String, String> row = new LinkedHashMap<>();
              collect(json, "", row);
              rows++;
              if (out != null) {
                print(out, row);
              }
            }
          } else if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            next = json.getText();
          }
        }
      }
      return new Page(rows, next);
    }

    /** The fields of an object by their path. */
    private static void collect(JsonParser json, String path, Map<String, String> into)
        throws IOException {
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = path + json.currentName();
        JsonToken value = json.nextToken();
        if (value == JsonToken.START_OBJECT) {
          collect(json, name + ".", into);
        } else if (value == JsonToken.START_ARRAY) {
          json.skipChildren();
        } else {
          into.put(name, json.getText());
        }
      }
    }

    private static void print(PrintStream out, Map<String, String> row) {
      StringBuilder key = new StringBuilder();
      row.forEach((name, value) -> {
        if (name.startsWith("key.")) {
          key.append(' ').append(name, 4, name.length()).append('=').append(value);
        }
      });
      out.println(
          row.get("id")
              + "  "
              + row.get("target")
              + "  "
              + row.get("entity")
              + key
              + "  ("
              + row.get("operation")
              + ", sequence "
              + row.get("sequence")
              + ", attempts "
              + row.get("attempts")
              + ")\n    "
              + row.get("cause.code")
              + ": "
              + row.get("cause.message")
              + (row.containsKey("rejected") ? "\n    given up: " + row.get("rejected") : ""));
    }
  }
}
