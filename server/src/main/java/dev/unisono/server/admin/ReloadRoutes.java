package dev.unisono.server.admin;

import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.admin.RunningConfig.Reloaded;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** The route by which the server takes its config file up again. Safe for threads. */
public final class ReloadRoutes {
  private final RunningConfig config;
  private final Access access;

  public ReloadRoutes(RunningConfig config, Access access) {
    this.config = config;
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.post("/v1/admin/reload").handler(context -> doorway.known(context, this::reload));
  }

  private void reload(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    switch (config.reload()) {
      case Reloaded.InEffect(List<String> changed) -> {
        access.tell(
            Audit.Kind.CONFIG,
            Doorway.caller(context),
            "config.reload",
            config.file().toString(),
            changed.isEmpty()
                ? "Nothing has changed."
                : "Changed: " + String.join(", ", changed) + ".");
        Answers.json(
            context,
            200,
            json -> {
              json.writeStartObject();
              json.writeStringField("file", config.file().toString());
              json.writeArrayFieldStart("changed");
              for (String path : changed) {
                json.writeString(path);
              }
              json.writeEndArray();
              json.writeEndObject();
            });
      }
      case Reloaded.Refused(List<ConfigProblem> problems) ->
          refused(context, config, problems, "Correct it and reload once more.");
    }
  }

  /** The answer where a file has problems. */
  static void refused(
      RoutingContext context, RunningConfig config, List<ConfigProblem> problems, String remedy) {
    Answers.refusedConfig(
        context,
        new Problem(
            "config-refused",
            ProblemType.USER,
            config.file()
                + " has "
                + (problems.size() == 1 ? "a problem" : problems.size() + " problems")
                + "; the config before is in effect.",
            null,
            remedy),
        problems);
  }
}
