package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
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
    for (Binding binding : writes) {
      if (reads.stream().anyMatch(read -> read.sync().equals(binding.sync()))) {
        problems.add(notBoth(binding));
      }
    }
    problems.addAll(JdbcTarget.check(database, writes));
    return problems;
  }

  private Problem notBoth(Binding binding) {
    return new Problem(
        "not-available",
        ProblemType.USER,
        "A system of the kind "
            + database.dialect().kind()
            + " cannot be read and written by one sync yet.",
        binding.configPath(),
        "Give the member the direction read or write.");
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
    return new JdbcTarget(database, writes, installation, lanes);
  }

  @Override
  public Owner owner() {
    return new JdbcOwner(database);
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
