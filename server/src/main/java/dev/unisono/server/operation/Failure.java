package dev.unisono.server.operation;

import dev.unisono.engine.HeldPatch;
import dev.unisono.engine.InvalidPatch;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Why a caller does not get what was asked for, in a form that every door can say. Immutable.
 *
 * @param status as HTTP has it; other doors tell by it what kind it is
 * @param code as the catalogue of errors has it
 * @param detail for people: what happened, and what to do about it
 * @param field the field, the parameter or the header that it concerns
 * @param findings what is wrong with a record, in all
 * @param instance names this one failure, so that it is found in the log
 * @param retryAfter after which time to ask again; null where it is not known
 */
public record Failure(
    int status,
    String code,
    String detail,
    @Nullable String field,
    List<Finding> findings,
    String instance,
    @Nullable Duration retryAfter) {
  private static final System.Logger LOG = System.getLogger(Failure.class.getName());

  /** What became of an action that ended by this; a fault of ours is in the log afterwards. */
  public static Failure of(Throwable thrown, boolean reading) {
    return switch (thrown) {
      case Refusal refusal ->
          new Failure(
              refusal.status(),
              refusal.code(),
              refusal.detail(),
              refusal.field(),
              List.of(),
              UUID.randomUUID().toString(),
              refusal.retryAfter());
      case InvalidPatch invalid -> {
        String field = invalid.findings().getFirst().field();
        yield failure(
            422,
            "invalid-value",
            String.valueOf(invalid.getMessage()),
            field.isEmpty() ? null : field,
            invalid.findings());
      }
      case HeldPatch held ->
          failure(
              202,
              "held",
              "It is held as dead letter "
                  + held.letter()
                  + " until a person lets it through: "
                  + held.getMessage(),
              null,
              held.findings());
      case UnisonoException failed -> of(status(failed.problem(), reading), failed.problem());
      case InterruptedException _ ->
          failure(503, "stopping", "The server is stopping.", null, List.of());
      default -> fault(thrown);
    };
  }

  /** The time to wait in whole seconds, rounded up; null where it is not known. */
  public @Nullable Long retrySeconds() {
    return retryAfter == null ? null : Math.max(1, Math.ceilDiv(retryAfter.toMillis(), 1_000));
  }

  public static Failure of(int status, Problem problem) {
    return failure(
        status,
        problem.code(),
        problem.message() + (problem.remedy().isEmpty() ? "" : " " + problem.remedy()),
        null,
        List.of());
  }

  private static Failure failure(
      int status, String code, String detail, @Nullable String field, List<Finding> findings) {
    return new Failure(status, code, detail, field, findings, UUID.randomUUID().toString(), null);
  }

  private static Failure fault(Throwable thrown) {
    Failure failure =
        failure(
            500,
            "internal",
            "Something went wrong here; the server's log has it under this instance.",
            null,
            List.of());
    LOG.log(System.Logger.Level.ERROR, "request " + failure.instance(), thrown);
    return failure;
  }

  /** The status of a problem that the engine found, by its code, then by its type. */
  private static int status(Problem problem, boolean reading) {
    return switch (problem.code()) {
      case "bad-delivery" -> 400;
      case "bad-signature" -> 401;
      case "not-found" -> 404;
      case "gone", "gap" -> 410;
      case "version-mismatch", "precondition-failed" -> 412;
      case "method-not-allowed", "not-available" -> 405;
      case "refused-by-owner",
          "not-convertible",
          "no-such-side",
          "key-immutable",
          "unmapped-delivery" ->
          422;
      case "exists",
          "write-set-aside",
          "source-not-running",
          "conflict-decided",
          "letter-closed",
          "letter-empty",
          "not-replayable",
          "match-decided",
          "restart-needed",
          "config-being-written",
          "file-unfit",
          "file-unreadable",
          "file-unwritable",
          "not-merged",
          "not-linked",
          "links-clash",
          "record-busy",
          "not-collected" ->
          409;
      case "write-timeout" -> 504;
      case "state-failed" -> reading ? 500 : 507;
      default ->
          switch (problem.type()) {
            case EXTERNAL, TRANSIENT, RESOURCES, USER -> 503;
            case INTERNAL -> 500;
          };
    };
  }
}
