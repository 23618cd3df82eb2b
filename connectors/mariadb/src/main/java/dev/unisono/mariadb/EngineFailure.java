package dev.unisono.mariadb;

import com.github.shyiko.mysql.binlog.network.AuthenticationException;
import com.github.shyiko.mysql.binlog.network.ServerException;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What the end of a Debezium engine is to us, told by the kinds of its causes. Has no state. */
final class EngineFailure {
  /**
   * So the engine says that it could not connect when it looked at its settings, with no cause but
   * the words. The settings are ours and do not change: what keeps it from connecting is told, by
   * its kind, when we connect before it is started again.
   */
  private static final String NOT_VALID = "Connector configuration is not valid";

  private EngineFailure() {}

  static UnisonoException of(Database database, String message, @Nullable Throwable cause) {
    return new UnisonoException(problem(database, message, cause), cause);
  }

  private static Problem problem(Database database, String message, @Nullable Throwable cause) {
    String path = "systems." + database.system();
    String said = "Reading the binlog of " + database.system() + " ended: ";
    Throwable last = cause;
    for (Throwable each = cause; each != null; each = each.getCause()) {
      last = each;
      if (each instanceof SQLException failed) {
        return Failures.problem(
            database.system(), "reading the binlog (" + database.system() + ")", failed);
      }
      if (each instanceof AuthenticationException) {
        return Failures.notSignedIn(said + Failures.firstLine(each.getMessage()) + ".", path);
      }
      if (each instanceof ServerException
          || each instanceof IOException
          || each instanceof TimeoutException
          || each instanceof InterruptedException) {
        // What became of the log is asked before it is read again.
        return interrupted(said, each.getMessage(), path);
      }
      if (each instanceof ParsingException || each instanceof MultipleParsingExceptions) {
        return notUnderstood(database, said + Failures.firstLine(each.getMessage()) + ".");
      }
    }
    if (message.contains(NOT_VALID)
        || (last != null && String.valueOf(last.getMessage()).contains(NOT_VALID))) {
      return interrupted(said, last == null ? message : last.getMessage(), path);
    }
    String why = last == null ? message : String.valueOf(last.getMessage());
    return last instanceof RuntimeException
        ? notUnderstood(database, said + Failures.firstLine(why) + ".")
        : interrupted(said, why, path);
  }

  private static Problem interrupted(String said, @Nullable String why, String path) {
    return new Problem(
        "log-interrupted",
        ProblemType.EXTERNAL,
        said + Failures.firstLine(why) + ".",
        path + ".url",
        "It is tried again by itself.");
  }

  private static Problem notUnderstood(Database database, String message) {
    return new Problem(
        "log-not-understood",
        ProblemType.USER,
        message,
        "systems." + database.system(),
        "Run ./unisono snapshot repeat "
            + database.system()
            + ": reading goes on at the end of the binlog, and every table is read and compared"
            + " again.");
  }
}
