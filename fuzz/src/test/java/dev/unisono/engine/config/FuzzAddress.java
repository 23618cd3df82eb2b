package dev.unisono.engine.config;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.unisono.csv.CsvConnector;
import dev.unisono.fuzz.Seeds;
import dev.unisono.jdbc.H2Connector;
import dev.unisono.jdbc.JdbcConnector;
import dev.unisono.jdbc.SqliteConnector;
import dev.unisono.mariadb.MariaDbConnector;
import dev.unisono.postgres.PostgresConnector;
import dev.unisono.spi.Connector;
import java.nio.file.Path;
import java.util.List;

/** The address of a database or files, and a socket or driver behind the first line end. */
public final class FuzzAddress {
  private static final List<Connector> CONNECTORS =
      List.of(
          new PostgresConnector(),
          new MariaDbConnector(),
          new H2Connector(),
          new JdbcConnector(),
          new SqliteConnector(),
          new CsvConnector());

  private FuzzAddress() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "jdbc:postgresql://localhost:5432/crm?sslmode=require\n/tmp/.s",
        "jdbc:postgresql://[::1]:5432/a%20b?user=x&password=y\n",
        "jdbc:postgresql://a:1,b:2/c?targetServerType=primary\n/x",
        "jdbc:postgresql:///\n",
        "jdbc:mariadb://localhost:3306/crm\n",
        "jdbc:h2:tcp://localhost/./crm;IFEXISTS=TRUE\n",
        "jdbc:oracle:thin:@//h:1521/s\n/drivers/a.jar");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    int end = Math.max(0, text.indexOf('\n'));
    String url = quoted(text.substring(0, end));
    String rest = quoted(text.substring(end));
    new ConfigReader(CONNECTORS, _ -> "value")
        .read(
            """
            entities: {}
            syncs: {}
            systems:
              a: { connector: postgres, user: u, url: "%1$s", socket: "%2$s" }
              b: { connector: mariadb, user: u, url: "%1$s" }
              c: { connector: h2, user: u, url: "%1$s" }
              d: { connector: jdbc, url: "%1$s", driver: "%2$s" }
              e: { connector: sqlite, file: "%1$s" }
              f: { connector: csv, folder: "%1$s" }
            """
                .formatted(url, rest),
            Path.of("/nonexistent"));
  }

  private static String quoted(String text) {
    return new String(JsonStringEncoder.getInstance().quoteAsString(text));
  }
}
