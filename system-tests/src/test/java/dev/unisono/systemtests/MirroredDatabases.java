package dev.unisono.systemtests;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * Two PostgreSQL servers, crm and billing, each durable as in production, with the tables that are
 * mirrored and a role for Unisono that has just the rights it needs. Safe for threads; each
 * connection is its caller's own.
 */
final class MirroredDatabases implements AutoCloseable {
  private static final String PASSWORD = "not-a-secret-of-anyone";

  private final PostgresServer crm;
  private final PostgresServer billing;

  private MirroredDatabases(PostgresServer crm, PostgresServer billing) {
    this.crm = crm;
    this.billing = billing;
  }

  static MirroredDatabases start() throws SQLException {
    PostgresServer crm = PostgresServer.temporary();
    try {
      PostgresServer billing = PostgresServer.temporary();
      MirroredDatabases databases = new MirroredDatabases(crm, billing);
      try {
        databases.prepareCrm();
        databases.prepareBilling();
        return databases;
      } catch (SQLException | RuntimeException failed) {
        billing.close();
        throw failed;
      }
    } catch (SQLException | RuntimeException failed) {
      crm.close();
      throw failed;
    }
  }

  PostgresServer crm() {
    return crm;
  }

  PostgresServer billing() {
    return billing;
  }

  Connection inCrm() throws SQLException {
    return crm.connect("crm");
  }

  Connection inBilling() throws SQLException {
    return billing.connect("billing");
  }

  void executeInCrm(String... statements) throws SQLException {
    try (Connection connection = inCrm()) {
      execute(connection, statements);
    }
  }

  void executeInBilling(String... statements) throws SQLException {
    try (Connection connection = inBilling()) {
      execute(connection, statements);
    }
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** Waits until Unisono has told crm that all it has committed up to now is durable. */
  void awaitAcknowledged(Duration atMost) throws Exception {
    try (Connection connection = inCrm();
        Statement statement = connection.createStatement()) {
      String end = text(statement, "SELECT pg_current_wal_lsn()");
      Eventually.isTrue(
          atMost,
          "the slot is not at " + end,
          () ->
              text(
                      statement,
                      "SELECT confirmed_flush_lsn >= '"
                          + end
                          + "' FROM pg_replication_slots WHERE slot_name = 'unisono_crm'")
                  .equals("t"));
    }
  }

  private static String text(Statement statement, String query) throws SQLException {
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getString(1);
    }
  }

  /** Ends Unisono's sessions in billing, and lets no other begin, as in an outage; or lets them. */
  void billingIsAway(boolean away) throws SQLException {
    executeInBilling("ALTER ROLE unisono CONNECTION LIMIT " + (away ? 0 : -1));
    if (away) {
      executeInBilling(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'unisono'");
    }
  }

  private void prepareCrm() throws SQLException {
    crm.createDatabase("crm");
    executeInCrm(
        "CREATE ROLE unisono LOGIN REPLICATION PASSWORD '" + PASSWORD + "'",
        "GRANT CREATE ON DATABASE crm TO unisono",
        """
        CREATE TABLE public.customers (
          id bigint PRIMARY KEY, name text, email text, country text, balance numeric(12,2),
          updated_at timestamptz, score numeric, notes text)
        """,
        // Kept apart from its row and uncompressed: the log leaves it out when it did not change.
        "ALTER TABLE public.customers ALTER notes SET STORAGE EXTERNAL",
        """
        CREATE TABLE public.orders (
          id bigint PRIMARY KEY,
          customer_id bigint NOT NULL REFERENCES public.customers
            ON DELETE CASCADE ON UPDATE CASCADE,
          item text, quantity integer, price numeric(12,2), ordered_on date, shipped boolean)
        """,
        "CREATE INDEX ON public.orders (customer_id)",
        "ALTER TABLE public.customers OWNER TO unisono",
        "ALTER TABLE public.orders OWNER TO unisono");
  }

  private void prepareBilling() throws SQLException {
    billing.createDatabase("billing");
    executeInBilling(
        "CREATE ROLE unisono LOGIN PASSWORD '" + PASSWORD + "'",
        "GRANT CREATE ON DATABASE billing TO unisono",
        """
        CREATE TABLE public.clients (
          client_id bigint PRIMARY KEY, full_name text, mail text, country text,
          balance numeric(12,2), changed_at timestamptz, rating numeric, remarks text)
        """,
        """
        CREATE TABLE public.invoices (
          invoice_id bigint PRIMARY KEY,
          client_id bigint NOT NULL REFERENCES public.clients,
          article text, amount integer, unit_price numeric(12,2), invoiced_on date, sent boolean)
        """,
        "CREATE INDEX ON public.invoices (client_id)",
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON public.clients, public.invoices"
            + " TO unisono");
  }

  /**
   * Notes each write to clients, in order, in {@code public.written}; a key that moves is noted as
   * gone from one key and there at the other. An upsert would hide that a write was repeated.
   */
  void noteWritesInBilling() throws SQLException {
    executeInBilling(
        """
        CREATE TABLE public.written (
          n bigserial PRIMARY KEY, client_id bigint NOT NULL, operation text NOT NULL,
          balance numeric)
        """,
        """
        CREATE FUNCTION public.note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
          IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.client_id <> NEW.client_id) THEN
            INSERT INTO public.written (client_id, operation) VALUES (OLD.client_id, 'DELETE');
          END IF;
          IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND OLD.client_id <> NEW.client_id) THEN
            INSERT INTO public.written (client_id, operation, balance)
              VALUES (NEW.client_id, 'INSERT', NEW.balance);
          ELSIF TG_OP = 'UPDATE' THEN
            INSERT INTO public.written (client_id, operation, balance)
              VALUES (NEW.client_id, 'UPDATE', NEW.balance);
          END IF;
          RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER note_write AFTER INSERT OR UPDATE OR DELETE ON public.clients"
            + " FOR EACH ROW EXECUTE FUNCTION public.note_write()");
  }

  /**
   * Counts each change that is committed in crm, in {@code public.made}: one for each row that is
   * inserted, updated or deleted, and one for each table that is emptied.
   */
  void countChangesInCrm() throws SQLException {
    executeInCrm(
        "CREATE TABLE public.made (changes bigint NOT NULL)",
        """
        CREATE FUNCTION public.count_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        AS $$
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            INSERT INTO public.made VALUES (1);
          ELSE
            INSERT INTO public.made SELECT count(*) FROM changed;
          END IF;
          RETURN NULL;
        END $$
        """);
    for (String table : new String[] {"public.customers", "public.orders"}) {
      for (String operation : new String[] {"INSERT NEW", "UPDATE NEW", "DELETE OLD"}) {
        String[] parts = operation.split(" ", 2);
        executeInCrm(
            "CREATE TRIGGER count_"
                + parts[0]
                + " AFTER "
                + parts[0]
                + " ON "
                + table
                + " REFERENCING "
                + parts[1]
                + " TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_changes()");
      }
      executeInCrm(
          "CREATE TRIGGER count_truncate AFTER TRUNCATE ON "
              + table
              + " FOR EACH STATEMENT EXECUTE FUNCTION public.count_changes()");
    }
  }

  /** Writes the config for a server between the two; its state is in {@code folder/state}. */
  Path writeConfig(Path folder, int port, int snapshotChunk) throws IOException {
    return writeConfig(folder, port, snapshotChunk, crm.jdbcUrl("crm"), billing.jdbcUrl("billing"));
  }

  /** The same for a server that reaches the two by other addresses: through a proxy each. */
  Path writeConfig(Path folder, int port, int snapshotChunk, String crmUrl, String billingUrl)
      throws IOException {
    Path password = Files.writeString(folder.resolve("password"), PASSWORD);
    String config =
        """
        server: { host: 127.0.0.1, port: %d }
        state:  { folder: "%s" }
        systems:
          crm:
            connector: postgres
            url: "%s"
            user: unisono
            password: "${file:%s}"
            snapshot-chunk: %d
          billing:
            connector: postgres
            url: "%s"
            user: unisono
            password: "${file:%s}"
        entities:
          customer:
            plural: customers
            key: id
            schema:
              properties:
                id:         { type: integer }
                name:       { type: string }
                email:      { type: string }
                country:    { type: string }
                balance:    { type: number }
                updated_at: { type: string, format: date-time }
                score:      { type: number }
                notes:      { type: string }
              required: [id]
            index: [name, country, balance]
          order:
            plural: orders
            key: id
            schema:
              properties:
                id:          { type: integer }
                customer_id: { type: integer }
                item:        { type: string }
                quantity:    { type: integer }
                price:       { type: number }
                ordered_on:  { type: string, format: date }
                shipped:     { type: boolean }
              required: [id, customer_id]
            index: [customer_id, ordered_on]
        syncs:
          customers:
            entity: customer
            members:
              - { system: crm, table: public.customers, direction: read }
              - { system: billing, table: public.clients, direction: write, fields: { id: client_id, name: full_name, email: mail, updated_at: changed_at, score: rating, notes: remarks } }
          orders:
            entity: order
            members:
              - { system: crm, table: public.orders, direction: read }
              - { system: billing, table: public.invoices, direction: write, fields: { id: invoice_id, customer_id: client_id, item: article, quantity: amount, price: unit_price, ordered_on: invoiced_on, shipped: sent } }
        """
            .formatted(
                port,
                folder.resolve("state"),
                crmUrl,
                password,
                snapshotChunk,
                billingUrl,
                password);
    return Files.writeString(folder.resolve("unisono.yaml"), config);
  }

  @Override
  public void close() {
    try {
      billing.close();
    } finally {
      crm.close();
    }
  }
}
