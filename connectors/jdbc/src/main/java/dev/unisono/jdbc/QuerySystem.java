package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Source;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One configured database that is read by queries, and nothing else. Safe for threads. */
final class QuerySystem implements ConnectedSystem {
  private final QueryDatabase database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final QueryLimits limits;

  QuerySystem(
      QueryDatabase database, List<Binding> reads, List<Binding> writes, QueryLimits limits) {
    this.database = database;
    this.reads = reads;
    this.writes = writes;
    this.limits = limits;
  }

  @Override
  public List<Problem> check() {
    List<Problem> problems = new ArrayList<>();
    if (!reads.isEmpty()) {
      problems.addAll(new QueryCheck(database, reads, limits).run());
    }
    writes.forEach(binding -> problems.add(notWritten(binding)));
    return problems;
  }

  @Override
  public List<Problem> notices(Map<String, String> state) {
    return reads.isEmpty() ? List.of() : new QueryCheck(database, reads, limits).notices();
  }

  private static Problem notWritten(@Nullable Binding binding) {
    return new Problem(
        "not-available",
        ProblemType.USER,
        "A system of the connector jdbc can be read only.",
        binding == null ? null : binding.configPath() + ".direction",
        "Give the member the direction read; to write, use the connector of that database's own"
            + " kind.");
  }

  @Override
  public List<String> withdrawal() {
    return List.of(); // Nothing was ever made there.
  }

  @Override
  public Source source() {
    return new QuerySource(database, reads, limits, InstantSource.system());
  }

  @Override
  public Target target() {
    throw new UnisonoException(notWritten(writes.isEmpty() ? null : writes.getFirst()));
  }

  @Override
  public RowReader rows(Binding binding) {
    Connection connection = database.connect();
    try {
      return TableRows.open(
          connection,
          database.dialect(connection, List.of(binding)),
          database.system(),
          binding,
          failed -> database.failure("reading " + binding.table(), failed));
    } catch (SQLException failed) {
      Database.close(connection);
      throw database.failure("reading " + binding.table(), failed);
    }
  }

  @Override
  public Survey survey() {
    Connection connection = database.connect();
    try {
      return new JdbcSurvey(
          connection,
          database.dialect(connection, List.of()),
          binding -> database.dialect(connection, List.of(binding)),
          database.system(),
          new SurveyedServer(
              JdbcSurvey.product(connection),
              SurveyedServer.Way.UNKNOWN,
              "what the driver makes of the url"),
          failed -> database.failure("looking at the tables", failed));
    } catch (SQLException failed) {
      Database.close(connection);
      throw database.failure("looking at the tables", failed);
    }
  }

  @Override
  public boolean takesWrites() {
    return false;
  }

  @Override
  public Owner owner() {
    throw new UnisonoException(notWritten(reads.isEmpty() ? null : reads.getFirst()));
  }

  @Override
  public void close() {
    // Sources and readers hold the connections, and are closed by whoever asked for them.
  }
}
