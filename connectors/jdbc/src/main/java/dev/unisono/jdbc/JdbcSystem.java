package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One configured database and the parts it plays. Safe for threads. */
final class JdbcSystem implements ConnectedSystem {
  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final String installation;
  private final int lanes;

  /**
   * @param lanes connections that write in parallel
   */
  JdbcSystem(Database database, SystemContext context, int lanes) {
    this.database = database;
    this.reads = context.reads();
    this.writes = context.writes();
    this.installation = context.parameters().getOrDefault("installation", "");
    this.lanes = lanes;
  }

  @Override
  public List<Problem> check() {
    List<Problem> problems = new ArrayList<>();
    for (Binding binding : reads) {
      problems.add(notRead(binding.configPath()));
    }
    problems.addAll(JdbcTarget.check(database, writes));
    return problems;
  }

  private Problem notRead(String path) {
    return new Problem(
        "not-available",
        ProblemType.USER,
        "A system of the kind " + database.dialect().kind() + " can be written, and not read.",
        path,
        "Give the member the direction write.");
  }

  @Override
  public Source source() {
    throw new UnisonoException(notRead("systems." + database.system()));
  }

  @Override
  public Target target() {
    return new JdbcTarget(database, writes, installation, lanes);
  }

  @Override
  public Owner owner() {
    throw new UnisonoException(notRead("systems." + database.system()));
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
    // Targets hold the connections, and are closed by whoever asked for them.
  }
}
