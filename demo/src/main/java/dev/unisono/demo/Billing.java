package dev.unisono.demo;

import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.PostgresServer;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.Consumer;

/** The database billing: a MariaDB, or a PostgreSQL where no MariaDB can be started. */
sealed interface Billing extends AutoCloseable permits MariaDbBilling, PostgresBilling {
  CustomerTable customers();

  /** The table of the orders, as the config names it. */
  String invoices();

  String jdbcUrl();

  /** What to type to look into it. */
  String shell();

  /** Makes what is not there yet: the database, its empty tables, and Unisono's own user. */
  void prepare(String password) throws SQLException;

  @Override
  void close();

  /** Starts it, as what it was at the first start. */
  static Billing start(Path folder, Consumer<String> out) {
    Path mariaDb = folder.resolve("billing-mariadb");
    Path postgres = folder.resolve("billing-postgres");
    if (Files.exists(postgres)) {
      out.accept("billing is a PostgreSQL here, as at the first start");
      return new PostgresBilling(PostgresServer.start(postgres, Map.of()));
    }
    boolean usedBefore = Files.exists(mariaDb.resolve("port"));
    try {
      return new MariaDbBilling(MariaDbServer.start(mariaDb, Map.of()));
    } catch (IllegalStateException | UncheckedIOException failed) {
      if (usedBefore) {
        // Its rows are in there: an empty PostgreSQL in its place would look like a mass delete.
        throw failed;
      }
      out.accept(
          "no MariaDB can be started here, so billing is a PostgreSQL, too: " + inOneLine(failed));
      return new PostgresBilling(PostgresServer.start(postgres, Map.of()));
    }
  }

  /** The message's own line, and the server's first complaint where its log is in the message. */
  private static String inOneLine(RuntimeException failed) {
    String message = String.valueOf(failed.getMessage()).strip();
    String complaint =
        message.lines().filter(line -> line.contains("[ERROR]")).findFirst().orElse("");
    Throwable cause = complaint.isEmpty() ? failed.getCause() : null;
    String first = message.lines().findFirst().orElse("");
    return first
        + (complaint.isEmpty() || complaint.equals(first) ? "" : " " + complaint.strip())
        + (cause == null ? "" : " (" + cause + ")");
  }
}
