package dev.unisono.jdbc;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.h2.Driver;

/** The connector {@code h2}: H2 2.x. Has no state; safe for threads. */
public final class H2Connector implements Connector {
  private static final String PREFIX = "jdbc:h2:";
  private static final int MOST_LANES = 64;

  @Override
  public String kind() {
    return H2Dialect.KIND;
  }

  @Override
  public String description() {
    return "H2 2.x, a server or a file: written by upserts, read by triggers that write each change down in"
        + " a table of ours, written through to on behalf of callers.";
  }

  @Override
  public List<Option> options() {
    List<Option> options =
        new ArrayList<>(
            List.of(
                Option.required(
                    "url",
                    Option.Type.TEXT,
                    "Where it is: jdbc:h2:tcp://host:port/database, or jdbc:h2:/path for a file that no other"
                        + " process has open. It must be there."),
                Option.required("user", Option.Type.TEXT, "The user to connect as."),
                Option.secret("password", "That user's password."),
                Option.optional(
                    "lanes",
                    Option.Type.INTEGER,
                    "4",
                    "Connections that write in parallel, 1 to 64. Where it is changed, all that is in line is"
                        + " written by the earlier ones first.")));
    options.addAll(ReadOptions.all("20ms"));
    return options;
  }

  @Override
  public List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>(ReadOptions.validate(settings));
    if (!settings.text("url").startsWith(PREFIX)) {
      problems.add(
          new Problem(
              "bad-url",
              ProblemType.USER,
              "The url does not begin with jdbc:h2:.",
              "url",
              "Write it like jdbc:h2:tcp://localhost:9092/database."));
    }
    long lanes = settings.number("lanes");
    if (lanes < 1 || lanes > MOST_LANES) {
      problems.add(
          new Problem(
              "out-of-range",
              ProblemType.USER,
              "lanes is " + lanes + ".",
              "lanes",
              "Choose a number from 1 to " + MOST_LANES + "."));
    }
    return problems;
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    Settings settings = context.settings();
    String url = settings.text("url");
    // A name that is mistyped must not become an empty database.
    String existing =
        url.toUpperCase(Locale.ROOT).contains(";IFEXISTS=") ? url : url + ";IFEXISTS=TRUE";
    String user = settings.text("user");
    String password = settings.optionalText("password").orElse("");
    H2Dialect dialect = new H2Dialect();
    Database database = new Database(context.name(), dialect, () -> open(existing, user, password));
    return new JdbcSystem(
        database, new H2Triggers(dialect), context, (int) settings.number("lanes"));
  }

  private static Connection open(String url, String user, String password) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    Connection connection = new Driver().connect(url, properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TIME ZONE 'UTC'");
      statement.execute("SET LOCK_TIMEOUT 10000");
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }
}
