package dev.unisono.demo;

import dev.unisono.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Billing in a PostgreSQL, where no MariaDB can be started. For one thread. */
record PostgresBilling(PostgresServer server) implements Billing {
  private static final String DATABASE = "billing";

  @Override
  public CustomerTable customers() {
    return new CustomerTable(
        DATABASE,
        "postgres",
        server.url(DATABASE),
        "public.clients",
        "client_id",
        "telephone",
        () -> server.connect(DATABASE));
  }

  @Override
  public String invoices() {
    return "public.invoices";
  }

  @Override
  public String jdbcUrl() {
    return server.jdbcUrl(DATABASE);
  }

  @Override
  public String shell() {
    return "psql " + server.url(DATABASE);
  }

  @Override
  public void prepare(String password) throws SQLException {
    server.createDatabase(DATABASE);
    try (Connection connection = server.connect(DATABASE);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      UnisonoRole.make(statement, DATABASE, password);
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.clients (
            client_id bigint PRIMARY KEY, full_name text, mail text, country text, telephone text,
            balance numeric(12,2))
          """);
      // No foreign key to clients: these are told by a way of their own, at their own pace.
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.invoices (
            invoice_id bigint PRIMARY KEY, client_id bigint NOT NULL, article text, amount integer,
            unit_price numeric(12,2), invoiced_on date)
          """);
      statement.execute("ALTER TABLE public.clients OWNER TO unisono");
      statement.execute("ALTER TABLE public.invoices OWNER TO unisono");
      connection.commit();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
