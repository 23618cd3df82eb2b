package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedServer.Way;
import dev.unisono.spi.Target;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One configured database and the parts it plays. Safe for threads. */
final class JdbcSystem implements ConnectedSystem {
  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final TriggerDialect triggers;
  private final Settings settings;
  private final String installation;
  private final int lanes;

  /**
   * @param lanes connections that write in parallel
   */
  JdbcSystem(Database database, TriggerDialect triggers, SystemContext context, int lanes) {
    this.database = database;
    this.triggers = triggers;
    this.settings = context.settings();
    this.reads = context.reads();
    this.writes = context.writes();
    this.installation = context.parameters().getOrDefault("installation", "");
    this.lanes = lanes;
  }

  @Override
  public List<Problem> check() {
    return check(Map.of());
  }

  @Override
  public List<Problem> check(Map<String, String> state) {
    List<Problem> problems = new ArrayList<>();
    if (!reads.isEmpty()) {
      problems.addAll(new ReadCheck(database, triggers, reads).run(state));
    }
    if (!writes.isEmpty() || reads.isEmpty()) {
      problems.addAll(JdbcTarget.check(database, writes));
    }
    // What is in the way of both, such as that nobody answers, is said once.
    return problems.stream().distinct().toList();
  }

  @Override
  public List<Problem> notices(Map<String, String> state) {
    return reads.isEmpty() ? List.of() : new ReadCheck(database, triggers, reads).notices();
  }

  @Override
  public List<String> publication() {
    return installation(false);
  }

  @Override
  public List<String> publish() {
    return installation(true);
  }

  private List<String> installation(boolean run) {
    if (reads.isEmpty()) {
      return List.of();
    }
    try (Connection connection = database.connect()) {
      Installation found = Installation.find(connection, database, triggers, reads);
      if (run) {
        found.run(connection);
      }
      return found.statements();
    } catch (SQLException failed) {
      throw Installation.notMade(database, failed);
    }
  }

  @Override
  public List<String> withdrawal() {
    return removal(false);
  }

  @Override
  public List<String> withdraw() {
    return removal(true);
  }

  private List<String> removal(boolean run) {
    try (Connection connection = database.connect()) {
      List<String> statements = Installation.removal(connection, database, triggers);
      if (run) {
        Installation.remove(connection, database, triggers, statements);
      }
      return statements;
    } catch (SQLException failed) {
      throw database.failure("removing the triggers", failed);
    }
  }

  @Override
  public Source source() {
    return new TriggerSource(
        database,
        triggers,
        reads,
        installation + "/" + database.system(),
        ReadLimits.of(settings),
        InstantSource.system());
  }

  @Override
  public Target target() {
    return new JdbcTarget(database, written(false), installation, lanes);
  }

  /**
   * What is written.
   *
   * @param read those that are read as well, or those that are not
   */
  private List<Binding> written(boolean read) {
    return writes.stream()
        .filter(binding ->
            read == reads.stream().anyMatch(other -> other.sync().equals(binding.sync())))
        .toList();
  }

  @Override
  public MemberWriter memberWriter() {
    return new JdbcMemberWriter(
        database, written(true), installation, new TriggerMarker(database, triggers));
  }

  @Override
  public RowReader rows(Binding binding) {
    return TableRows.open(database, binding);
  }

  @Override
  public Optional<Instant> clock() {
    String query = triggers.clockQuery();
    if (query == null) {
      return Optional.empty();
    }
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return Optional.of(row.getObject(1, OffsetDateTime.class).toInstant());
    } catch (SQLException failed) {
      throw database.failure("asking for the time", failed);
    }
  }

  @Override
  public Owner owner() {
    return new JdbcOwner(database);
  }

  /** H2 alone may be elsewhere, and says so in its url. */
  private static SurveyedServer way(String product, String url) {
    boolean encrypted = url.startsWith("jdbc:h2:ssl:");
    boolean away = encrypted || url.startsWith("jdbc:h2:tcp:");
    return new SurveyedServer(
        product,
        encrypted ? Way.ENCRYPTED : away ? Way.PLAIN : Way.LOCAL,
        encrypted ? "TLS" : away ? "not encrypted" : "a file on this machine");
  }

  @Override
  public Survey survey() {
    return JdbcSurvey.of(database, JdbcSystem::way);
  }

  @Override
  public List<@Nullable String> columnTypes(Binding binding) {
    try (Connection connection = database.connect()) {
      Optional<Table> table = database.dialect().find(connection, binding.table());
      List<@Nullable String> types = new ArrayList<>();
      for (String name : binding.columns()) {
        Table.Column column =
            name == null || table.isEmpty() ? null : table.get().columns().get(name);
        types.add(column == null || column.type().isEmpty() ? null : column.type());
      }
      return types;
    } catch (SQLException failed) {
      throw database.failure("asking for the types of " + binding.table(), failed);
    }
  }

  @Override
  public void close() {
    // Sources, targets and owners hold the connections, and are closed by whoever asked for them.
  }
}
