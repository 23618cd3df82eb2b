package dev.unisono.server.page;

import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Refusal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * The page's way to the demo, in a server that the demo has started: passes on that somebody asks
 * for a conflict, since only the demo's own process edits the databases as their applications
 * would. In any other server there is no such route. Safe for threads.
 */
public final class DemoRoutes {
  /** Names the file, for this user alone, with the demo's secret address. */
  private static final String DOOR_PROPERTY = "unisono.demo";

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

  private final Optional<URI> door;

  private DemoRoutes(Optional<URI> door) {
    this.door = door;
  }

  public static DemoRoutes open() {
    return new DemoRoutes(
        Optional.ofNullable(System.getProperty(DOOR_PROPERTY)).map(Path::of).map(DemoRoutes::read));
  }

  private static URI read(Path file) {
    try {
      return URI.create(Files.readString(file).strip());
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot read " + file, failed);
    }
  }

  /** Whether this server is part of the demo. */
  public boolean present() {
    return door.isPresent();
  }

  public void mount(Router router, Doorway doorway) {
    door.ifPresent(to ->
        router
            .post("/v1/admin/demo/conflict")
            .handler(context -> doorway.known(context, (known, _) -> makeConflict(to, known))));
  }

  private static void makeConflict(URI door, RoutingContext context) throws InterruptedException {
    Parameters.check(context, Set.of());
    try (HttpClient demo = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          demo.send(
              HttpRequest.newBuilder(door)
                  .timeout(LONGEST_WAIT)
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new Refusal(
            503, "conflict-not-made", "The demo could not make a conflict: " + answer.body());
      }
      Answers.json(context, 200, json -> json.writeRawValue(answer.body()));
    } catch (IOException failed) {
      throw new Refusal(503, "demo-away", "The demo's own process does not answer.");
    }
  }
}
