package dev.unisono.cli;

import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Tells a running server that what it waits with is meant. Has no state. */
final class Consent {
  private Consent() {}

  /** A name as a part of a path. */
  static String part(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * Posts to a route that takes no body.
   *
   * @param done what to say where it is well
   * @return the exit code
   */
  static int give(ServerOptions server, String path, String done) throws InterruptedException {
    try (ApiClient client = server.connect()) {
      ApiClient.Answer answer = client.post(path, "");
      Problem problem = answer.well() ? null : answer.problem();
      System.out.println(problem == null ? done : text(problem));
      return problem == null ? 0 : 1;
    } catch (UnisonoException failed) {
      System.out.println(text(failed.problem()));
      return 2;
    }
  }

  private static String text(Problem problem) {
    return problem.code() + ": " + problem.message() + " " + problem.remedy();
  }
}
