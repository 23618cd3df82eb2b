package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UnixSocketOptionTest {
  private static List<Problem> validate(String url, @Nullable String socket) {
    Map<String, Object> values = new HashMap<>();
    values.put("url", url);
    if (socket != null) {
      values.put("socket", socket);
    }
    return UnixSocket.validate(new Settings(values));
  }

  private static List<String> codes(List<Problem> problems) {
    return problems.stream().map(Problem::code).toList();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          jdbc:postgresql://localhost:5432/crm,                       /run/pg,       -
          jdbc:postgresql://localhost/crm?sslmode=prefer&ssl=false,   /run/pg,       -
          jdbc:postgresql://localhost/crm?sslmode=require,            -,             -
          jdbc:postgresql://localhost/crm?sslmode=require,            /run/pg,       url-not-for-socket
          jdbc:postgresql://localhost/crm?ssl=true,                   /run/pg,       url-not-for-socket
          jdbc:postgresql://localhost/crm?sslrootcert=a.pem,          /run/pg,       url-not-for-socket
          jdbc:postgresql://localhost/crm?socketFactory=other,        /run/pg,       url-not-for-socket
          'jdbc:postgresql://one:5432,two:5432/crm',                  /run/pg,       url-not-for-socket
          jdbc:postgresql://localhost/crm,                            run/pg,        bad-socket
          jdbc:postgresql://localhost/crm,                            '',            bad-socket
          """)
  void whatDoesNotGoWithASocketIsToldWithoutConnecting(
      String url, @Nullable String socket, @Nullable String code) {
    List<Problem> found = validate(url, socket);
    assertEquals(code == null ? List.of() : List.of(code), codes(found));
    found.forEach(problem -> assertEquals("socket", problem.configPath()));
  }

  @Test
  void aPathThatIsTooLongForASocketIsTold() {
    String url = "jdbc:postgresql://localhost/crm";
    String longest = "/" + "x".repeat(107 - 1 - "/.s.PGSQL.5432".length());
    assertEquals(List.of(), codes(validate(url, longest)));
    Problem problem = validate(url, longest + "x").getFirst();
    assertEquals("bad-socket", problem.code());
    assertTrue(problem.message().contains("108 bytes"), problem.message());
  }
}
