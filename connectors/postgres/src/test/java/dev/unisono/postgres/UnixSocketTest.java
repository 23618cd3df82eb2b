package dev.unisono.postgres;

import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UnixSocketTest {
  private static final Binding THING =
      Bindings.of(
          "public.thing",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING));

  /** The same table as a target of another sync: what one sync reads and writes is no target. */
  private static final Binding WRITTEN =
      new Binding("written", THING.schema(), THING.table(), THING.columns(), "syncs.written");

  private static final String SESSIONS =
      " FROM pg_stat_activity WHERE application_name = 'unisono' AND datname = current_database()";

  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = PostgresServer.withSocket(Map.of());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeTable(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
    database.execute("CREATE TABLE IF NOT EXISTS thing (id bigint PRIMARY KEY, name text)");
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    database.close();
  }

  private ConnectedSystem system(Path socket) {
    return database.system(Map.of("socket", socket.toString()), List.of(THING), List.of(WRITTEN));
  }

  private ConnectedSystem system() {
    return system(server.socketFolder());
  }

  private Database reached() {
    return new Database("there", settings(server.jdbcUrl(database.name()), socketFolder()));
  }

  private String socketFolder() {
    return server.socketFolder().toString();
  }

  private Settings settings(String url, @Nullable String socket) {
    Map<String, Object> values = new HashMap<>();
    values.put("url", url);
    values.put("user", server.user());
    values.put("password", server.password());
    if (socket != null) {
      values.put("socket", socket);
    }
    return new Settings(values);
  }

  private static Row thing(@Nullable Object id, @Nullable Object name) {
    return new Row(THING.schema(), new @Nullable Object[] {id, name});
  }

  private static Delivery created(long id, String name) {
    return new Delivery(id, WRITTEN, CREATE, new Key(id), null, thing(id, name), 0, Instant.EPOCH);
  }

  @Test
  void theSourceTheTargetAndTheOwnerGoThroughIt() throws SQLException, InterruptedException {
    try (ConnectedSystem system = system();
        SourceRun run = SourceRun.start(system.source(), Map.of());
        Lane lane = system.target().open(0);
        Owner owner = system.owner()) {
      run.awaitStreaming();
      assertEquals(
          new DeliveryOutcome.Applied(1),
          lane.apply(List.of(created(1, "one")), new LaneCursor(1, 1)));
      owner.update(THING, new Key(1L), thing(Unchanged.UNCHANGED, "uno"), null);
      assertEquals(
          "uno", Objects.requireNonNull(run.awaitChanges(2).getLast().after()).value("name"));
      // The replication session, the one beside it, the lane and the owner.
      assertEquals("t", database.one("SELECT count(*) >= 4" + SESSIONS));
      assertEquals("t", database.one("SELECT bool_and(client_port = -1)" + SESSIONS));
      run.wasWell();
    }
  }

  @Test
  void theSocketItselfCanBeNamed() {
    try (ConnectedSystem system =
        system(server.socketFolder().resolve(".s.PGSQL." + server.port()))) {
      assertEquals(List.of(), codes(system.check()));
    }
  }

  @Test
  void connectionsThatAreCutAreNoticed() throws SQLException, InterruptedException {
    try (ConnectedSystem system = system();
        SourceRun run = SourceRun.start(system.source(), Map.of());
        Lane lane = system.target().open(0);
        Owner owner = system.owner()) {
      run.awaitStreaming();
      lane.apply(List.of(created(1, "one")), new LaneCursor(1, 1));
      Row uno = thing(Unchanged.UNCHANGED, "uno");
      assertTrue(owner.update(THING, new Key(1L), uno, null).isPresent());
      database.execute("SELECT pg_terminate_backend(pid)" + SESSIONS);
      assertEquals(ProblemType.EXTERNAL, run.awaitFailure().problem().type());
      assertEquals(
          ProblemType.EXTERNAL,
          assertThrows(
                  UnisonoException.class,
                  () -> lane.apply(List.of(created(2, "two")), new LaneCursor(1, 2)))
              .problem()
              .type());
      assertTrue(owner.update(THING, new Key(1L), uno, null).isPresent());
    }
  }

  @Test
  void closingFromAnotherThreadEndsABlockedRead() throws SQLException, InterruptedException {
    try (ConnectedSystem system = system()) {
      Source source = system.source();
      SourceRun run = SourceRun.start(source, Map.of());
      run.awaitStreaming();
      database.execute("INSERT INTO thing VALUES (1, 'one')");
      run.awaitChanges(1);
      source.close();
      run.awaitEnd();
      run.wasWell();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anAnswerThatDoesNotComeIsGivenUp(boolean virtual) throws Exception {
    assertEquals(
        "08006",
        call(
            virtual,
            () -> {
              try (Connection connection = reached().connect("connecting");
                  Statement statement = connection.createStatement()) {
                connection.setNetworkTimeout(Runnable::run, 300);
                return assertThrows(
                        SQLException.class, () -> statement.execute("SELECT pg_sleep(600)"))
                    .getSQLState();
              }
            }));
    database.execute("SELECT pg_terminate_backend(pid)" + SESSIONS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTimeoutThatWasTakenBackEndsNothing(boolean virtual) throws Exception {
    assertEquals(
        "t",
        call(
            virtual,
            () -> {
              try (Connection connection = reached().connect("connecting");
                  Statement statement = connection.createStatement()) {
                connection.setNetworkTimeout(Runnable::run, 50);
                connection.setNetworkTimeout(Runnable::run, 0);
                try (var row = statement.executeQuery("SELECT pg_sleep(0.2)::text = ''")) {
                  row.next();
                  return row.getString(1);
                }
              }
            }));
  }

  /** What a thread of this kind comes to; fails where it does not within a minute. */
  private static <T> T call(boolean virtual, Callable<T> work) throws Exception {
    try (ExecutorService threads =
        virtual
            ? Executors.newVirtualThreadPerTaskExecutor()
            : Executors.newSingleThreadExecutor()) {
      var answer = threads.submit(work);
      try {
        return answer.get(60, TimeUnit.SECONDS);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void whereNoSocketIsThatIsTold() {
    try (ConnectedSystem elsewhere = system(Path.of("/nowhere"))) {
      Problem problem = elsewhere.check().getFirst();
      assertEquals("no-socket", problem.code());
      assertEquals(ProblemType.EXTERNAL, problem.type());
      assertEquals("systems." + database.name() + ".socket", problem.configPath());
      assertTrue(
          problem.message().contains("/nowhere/.s.PGSQL." + server.port()), problem.message());
    }
  }

  @Test
  void aServerThatIsGoneIsUnreachableThoughItsSocketIsLeft() throws SQLException {
    try (PostgresServer gone = PostgresServer.withSocket(Map.of());
        ConnectedSystem system =
            TestDatabase.system(
                gone,
                "postgres",
                Map.of("socket", gone.socketFolder().toString()),
                List.of(),
                List.of())) {
      assertEquals(List.of(), codes(system.check()));
      gone.kill();
      assertEquals(List.of("unreachable"), codes(system.check()));
      gone.restart();
      assertEquals(List.of(), codes(system.check()));
    }
  }

  private static List<String> codes(List<Problem> problems) {
    return problems.stream().map(Problem::code).toList();
  }

  @Test
  void withoutTheOptionTheServerIsReachedByTcp() throws SQLException {
    Database byTcp = new Database("there", settings(server.jdbcUrl(database.name()), null));
    try (Connection connection = byTcp.connect("connecting")) {
      assertEquals("f", database.one("SELECT bool_or(client_port = -1)" + SESSIONS));
      assertNull(connection.getWarnings());
    }
  }
}
