package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FailuresTest {
  private static Problem problem(@Nullable String state) {
    return Failures.problem("crm", "reading", new SQLException("it failed\nDetail: row 7", state));
  }

  @ParameterizedTest
  @CsvSource({
    "28P01, not-signed-in, USER",
    "28000, not-signed-in, USER",
    "3D000, no-database, USER",
    "42501, missing-right, USER",
    "42P01, no-such-table, USER",
    "55006, slot-in-use, TRANSIENT",
    "53300, out-of-connections, RESOURCES",
    "53100, out-of-resources, RESOURCES",
    "58030, out-of-resources, RESOURCES",
    "08006, unreachable, EXTERNAL",
    "57P01, unreachable, EXTERNAL",
    "57P03, unreachable, EXTERNAL",
    "40P01, conflict, TRANSIENT",
    "40001, conflict, TRANSIENT",
    "25006, read-only, EXTERNAL",
    "25P02, session-changed, TRANSIENT",
    "25P03, no-answer, EXTERNAL",
    "25P04, no-answer, EXTERNAL",
    "26000, session-changed, TRANSIENT",
    "34000, session-changed, TRANSIENT",
    "53200, out-of-resources, RESOURCES",
    "53400, out-of-connections, RESOURCES",
    "57014, no-answer, EXTERNAL",
    "57P02, unreachable, EXTERNAL",
    "57P05, no-answer, EXTERNAL",
    "72000, conflict, TRANSIENT",
    "HV00N, server-fault, EXTERNAL",
    "XX000, server-fault, EXTERNAL",
    "XX001, server-fault, EXTERNAL",
    "XX002, server-fault, EXTERNAL",
    "0A000, refused-by-postgres, USER",
    "42601, refused-by-postgres, USER",
    "55000, not-ready, USER",
    "22P02, refused-by-postgres, USER"
  })
  void theStateSaysWhoseMoveItIs(String state, String code, ProblemType type) {
    assertEquals(code, problem(state).code());
    assertEquals(type, problem(state).type());
  }

  @Test
  void withoutAStateTheServerIsOutOfReach() {
    assertEquals(ProblemType.EXTERNAL, problem(null).type());
  }

  @Test
  void itNamesTheSystemAndNoRow() {
    Problem problem = problem("08006");
    assertEquals("systems.crm.url", problem.configPath());
    assertFalse(problem.message().contains("row 7"), problem.message());
  }
}
