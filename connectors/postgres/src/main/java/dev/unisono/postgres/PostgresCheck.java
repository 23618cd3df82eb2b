package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks a database whether all that the config wants of it can work, and says for each thing that
 * does not what to do, with the statement to run. Changes nothing. For one thread.
 */
final class PostgresCheck {
  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final String slot;
  private final PublicationOptions publication;
  private final long lanes;
  private final LogOptions log;

  /** What a source holds of its tables. */
  private final Map<String, String> state;

  private final List<Problem> problems = new ArrayList<>();

  PostgresCheck(
      Database database,
      List<Binding> reads,
      List<Binding> writes,
      String slot,
      PublicationOptions publication,
      long lanes,
      LogOptions log,
      Map<String, String> state) {
    this.database = database;
    this.reads = reads;
    this.writes = writes;
    this.slot = slot;
    this.publication = publication;
    this.lanes = lanes;
    this.log = log;
    this.state = state;
  }

  List<Problem> run() {
    try (Connection connection = database.connect("connecting")) {
      Inspection found = new Inspection(connection, database, problems);
      TableCheck tables = new TableCheck(found, reads, state);
      ServerCheck server = new ServerCheck(found, slot, log);
      server.version();
      server.takesWrites(!writes.isEmpty());
      if (!reads.isEmpty()) {
        server.log();
        checkReads(found, tables);
      }
      if (!writes.isEmpty()) {
        checkWrites(found, tables);
      }
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    } catch (SQLException failed) {
      problems.add(Failures.problem(database.system(), "checking", failed));
    }
    return problems;
  }

  private void checkReads(Inspection found, TableCheck tables) throws SQLException {
    Connection connection = found.connection();
    SourceTableCheck source = new SourceTableCheck(found);
    RefusedUpdates.find(connection, database.system(), publication).ifPresent(found::add);
    Publication published = new Publication(database.system(), publication);
    boolean any = false;
    for (Binding binding : reads) {
      Optional<Problem> change = SchemaWatch.check(connection, binding, state);
      change.ifPresent(problems::add);
      // What has changed since it was read is said once, with what to do about it.
      Optional<Table> table = change.isPresent() ? Optional.empty() : tables.find(binding);
      if (table.isPresent()) {
        any = true;
        addPublished(found, published, binding, table.get());
        source.check(binding, table.get());
      }
    }
    if (any) {
      problems.addAll(published.check(connection));
    }
  }

  private static void addPublished(
      Inspection found, Publication published, Binding binding, Table table) throws SQLException {
    try {
      published.add(found.connection(), binding, table);
    } catch (UnisonoException unfit) {
      found.add(unfit.problem());
    }
  }

  private void checkWrites(Inspection found, TableCheck tables) throws SQLException {
    TargetCheck target = new TargetCheck(found, lanes);
    for (Binding binding : writes) {
      Optional<Table> table = tables.find(binding);
      if (table.isPresent()) {
        target.check(binding, table.get());
      }
    }
    target.cursorTable();
  }
}
