package dev.unisono.mariadb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import io.debezium.DebeziumException;
import java.net.ConnectException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whether what ends the engine is tried again by itself. */
final class EngineFailureTest {
  private static Problem problem(String message, @Nullable Throwable cause) {
    Settings settings =
        new Settings(
            Map.of("url", "jdbc:mariadb://127.0.0.1:1/billing", "user", "unisono", "tls", "none"));
    return EngineFailure.of(new Database("billing", settings), message, cause).problem();
  }

  @Test
  void aServerThatIsAwayIsTriedAgainWheneverTheEngineNotices() {
    String atOnce =
        "Connector configuration is not valid. Unable to connect: Socket fail to connect to"
            + " 127.0.0.1:1. Connection refused";
    assertTrue(problem(atOnce, null).type().retryable());
    Problem thrown = problem("", new DebeziumException(atOnce));
    assertEquals("log-interrupted", thrown.code());
    assertTrue(thrown.type().retryable());
    assertTrue(thrown.message().contains("Connection refused"), thrown.message());
    assertTrue(problem("x", new RuntimeException(new ConnectException("x"))).type().retryable());
  }

  @Test
  void whatItDoesNotUnderstandStopsIt() {
    Problem problem = problem("x", new DebeziumException("a statement of another world"));
    assertEquals("log-not-understood", problem.code());
    assertFalse(problem.type().retryable());
  }
}
