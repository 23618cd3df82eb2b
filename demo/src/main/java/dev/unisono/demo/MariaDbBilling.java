package dev.unisono.demo;

import dev.unisono.testkit.MariaDbServer;
import java.sql.SQLException;

/** Billing in a MariaDB. For one thread. */
record MariaDbBilling(MariaDbServer server) implements Billing {
  private static final String DATABASE = "billing";

  @Override
  public CustomerTable customers() {
    return new CustomerTable(
        DATABASE,
        "mariadb",
        "mariadb://" + server.user() + "@127.0.0.1:" + server.port() + "/" + DATABASE,
        "clients",
        "client_id",
        "telephone",
        () -> server.connect(DATABASE));
  }

  @Override
  public String invoices() {
    return "invoices";
  }

  @Override
  public String jdbcUrl() {
    return server.jdbcUrl(DATABASE);
  }

  @Override
  public String shell() {
    return "mariadb -h 127.0.0.1 -P " + server.port() + " -u " + server.user() + " " + DATABASE;
  }

  @Override
  public void prepare(String password) throws SQLException {
    server.createDatabase(DATABASE);
    server.createUser("unisono", password);
    server.execute(
        DATABASE,
        "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO unisono",
        // Among them its own tables, unisono_cursor and unisono_write.
        "GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON billing.* TO unisono",
        """
        CREATE TABLE IF NOT EXISTS clients (
          client_id bigint PRIMARY KEY, full_name varchar(200), mail varchar(320),
          country varchar(100), telephone varchar(100), balance decimal(12,2))
        """,
        // No foreign key to clients: these are told by a way of their own, at their own pace.
        """
        CREATE TABLE IF NOT EXISTS invoices (
          invoice_id bigint PRIMARY KEY, client_id bigint NOT NULL, article varchar(200),
          amount integer, unit_price decimal(12,2), invoiced_on date)
        """);
  }

  @Override
  public void close() {
    server.close();
  }
}
