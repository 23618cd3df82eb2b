package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells what is worth to be known of a database though nothing is in the way: what will become of
 * tables whose columns have changed, keys that a target would store in another form, and columns
 * that a publication need not show any more. Changes nothing. For one thread.
 */
final class PostgresNotices {
  private final Database database;
  private final PublicationOptions publication;
  private final List<Binding> reads;
  private final List<Binding> writes;

  /** What a source holds of its tables. */
  private final Map<String, String> state;

  private final List<Problem> notices = new ArrayList<>();

  PostgresNotices(
      Database database,
      PublicationOptions publication,
      List<Binding> reads,
      List<Binding> writes,
      Map<String, String> state) {
    this.database = database;
    this.publication = publication;
    this.reads = reads;
    this.writes = writes;
    this.state = state;
  }

  /** Nothing where the database cannot be asked: the check says so. */
  List<Problem> all() {
    try (Connection connection = database.connect("connecting")) {
      for (Binding binding : reads) {
        forecast(connection, binding);
      }
      for (Binding binding : writes) {
        compareKeys(connection, binding);
      }
      compareColumnLists(connection);
      return notices;
    } catch (SQLException | UnisonoException away) {
      return List.of();
    }
  }

  private void forecast(Connection connection, Binding binding) throws SQLException {
    List<String> forecast = SchemaWatch.forecast(connection, binding, state);
    if (!forecast.isEmpty()) {
      String policy = binding.policy().schemaChange().name().toLowerCase(Locale.ROOT);
      notices.add(
          new Problem(
              "schema-differs",
              ProblemType.USER,
              binding.table() + ": " + String.join(" ", forecast),
              binding.configPath(),
              "So says schema-change: "
                  + policy
                  + ". A target that may not be altered waits for its column."));
    }
  }

  private void compareColumnLists(Connection connection) throws SQLException {
    try {
      notices.addAll(
          Publication.of(connection, database.system(), publication, reads).wider(connection));
    } catch (UnisonoException unfit) {
      // It is a problem, and told as one.
    }
  }

  private void compareKeys(Connection connection, Binding binding) throws SQLException {
    Optional<Table> table = Table.find(connection, binding.table());
    TablePolicy.Origin origin = binding.policy().origin();
    if (table.isEmpty() || origin == null || !origin.kind().equals(PostgresConnector.KIND)) {
      return;
    }
    List<@Nullable String> sources = sourceTypes(origin);
    TableShape shape = TableShape.read(connection, table.get().relation()).orElseThrow();
    for (int i = 0; i < binding.schema().keySize() && !sources.isEmpty(); i++) {
      int position = binding.schema().keyPosition(i);
      String source = sources.get(position);
      String name = binding.column(position);
      TableShape.Column column = name == null ? null : shape.column(name);
      if (source != null
          && column != null
          && KeyForm.changes(table.get().column(column.name()), column.typeText(), source)) {
        notices.add(keyInOtherForm(binding, table.get(), column, source));
      }
    }
  }

  private static List<@Nullable String> sourceTypes(TablePolicy.Origin origin) {
    try {
      return origin.columnTypes();
    } catch (UnisonoException away) {
      return List.of(); // The check of that system says so.
    }
  }

  private static Problem keyInOtherForm(
      Binding binding, Table table, TableShape.Column column, String source) {
    return new Problem(
        "key-in-other-form",
        ProblemType.USER,
        table.plainName()
            + "."
            + column.name()
            + " is a part of the key and has the type "
            + column.typeText()
            + ", its source "
            + source
            + ": some keys would be stored in another form than they have there. A repair compares"
            + " keys, and would delete such rows; so might a delete miss them.",
        binding.configPath(),
        "Run ALTER TABLE "
            + table.sqlName()
            + " ALTER COLUMN "
            + Database.quote(column.name())
            + " TYPE "
            + source
            + ";");
  }
}
