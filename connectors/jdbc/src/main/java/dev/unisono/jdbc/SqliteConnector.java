package dev.unisono.jdbc;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/** The connector {@code sqlite}: a database file of SQLite. Has no state; safe for threads. */
public final class SqliteConnector implements Connector {
  @Override
  public String kind() {
    return SqliteDialect.KIND;
  }

  @Override
  public String description() {
    return "A SQLite database on this machine's disk: written by upserts, read by triggers that write each"
        + " change down in a table of ours, written through to on behalf of callers.";
  }

  @Override
  public List<Option> options() {
    List<Option> options =
        new ArrayList<>(
            List.of(
                Option.required(
                    "file",
                    Option.Type.TEXT,
                    "The database file. It must be there: an empty file is an empty database."),
                Option.optional(
                    "busy-timeout",
                    Option.Type.DURATION,
                    "10s",
                    "How long is waited for others who write, 100ms to 10m."),
                Option.optional(
                    "foreign-keys",
                    Option.Type.BOOLEAN,
                    "true",
                    "Of a target: whether SQLite checks foreign keys when we write.")));
    options.addAll(ReadOptions.all("5ms"));
    return options;
  }

  @Override
  public List<Problem> validate(Settings settings) {
    Duration busy = settings.duration("busy-timeout");
    List<Problem> problems = new ArrayList<>(ReadOptions.validate(settings));
    if (busy.toMillis() < 100 || busy.toMinutes() > 10) {
      problems.add(
          new Problem(
              "out-of-range",
              ProblemType.USER,
              "busy-timeout is not from 100ms to 10m.",
              "busy-timeout",
              "Choose a length such as 10s."));
    }
    return problems;
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    Settings settings = context.settings();
    String url = "jdbc:sqlite:" + settings.text("file");
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout((int) settings.duration("busy-timeout").toMillis());
    config.enforceForeignKeys(settings.flag("foreign-keys"));
    // A path that is mistyped must not become an empty database.
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    SqliteDialect dialect = new SqliteDialect();
    Database database = new Database(context.name(), dialect, () -> config.createConnection(url));
    return new JdbcSystem(database, new SqliteTriggers(dialect), context, 1);
  }
}
