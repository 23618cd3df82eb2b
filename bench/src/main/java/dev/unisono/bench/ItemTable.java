package dev.unisono.bench;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The six-column table all scenarios use, and the backlog of changes to it: inserts, then updates,
 * in transactions of a hundred, the same rows each time. Has no state.
 */
final class ItemTable {
  static final String NAME = "public.item";
  static final String SYNC = "items";
  static final int TRANSACTION_CHANGES = 100;

  /** Prime, so that each transaction updates different rows that lie apart. */
  private static final int STRIDE = 7_919;

  private ItemTable() {}

  static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE public.item (
            id bigint PRIMARY KEY, name text, email text, country text,
            balance numeric(12,2), updated_at timestamptz)
          """);
    }
  }

  /** How a source that reads the table is told of it. */
  static Binding binding() {
    List<Field> fields =
        List.of(
            new Field("id", ValueType.LONG, true),
            new Field("name", ValueType.STRING, false),
            new Field("email", ValueType.STRING, false),
            new Field("country", ValueType.STRING, false),
            new Field("balance", ValueType.DECIMAL, false),
            new Field("updated_at", ValueType.TIMESTAMP, false));
    return new Binding(
        SYNC,
        new Schema("item", fields, List.of("id")),
        NAME,
        fields.stream().<@Nullable String>map(Field::name).toList(),
        "syncs.items.members[0]");
  }

  /** Five of seven changes are inserts; whole transactions each. */
  static long inserts(long changes) {
    return changes / TRANSACTION_CHANGES * 5 / 7 * TRANSACTION_CHANGES;
  }

  /** A row that the last transaction of a backlog updates. */
  static long lastUpdated(long changes) {
    long inserts = inserts(changes);
    return (changes - inserts) * STRIDE % inserts + 1;
  }

  /** Makes the backlog. It need not be durable at each commit: it is there to be read. */
  static void makeBacklog(Connection connection, long changes) throws SQLException {
    long inserts = inserts(changes);
    long updates = changes - inserts;
    if (changes % TRANSACTION_CHANGES != 0 || inserts < TRANSACTION_CHANGES) {
      throw new BenchFailure("a backlog has hundreds of changes, 200 at least: " + changes);
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET synchronous_commit = off");
      insert(connection, 0, inserts);
      statement.execute(
          """
          DO $$
          DECLARE touched bigint;
          BEGIN
            FOR t IN 0..%d LOOP
              UPDATE public.item
              SET name = 'Renamed ' || t, balance = balance + 1.5, updated_at = updated_at + interval '1 day'
              WHERE id IN (SELECT (t * 100 + j) * %d %% %d + 1 FROM generate_series(1::bigint, 100) AS j);
              GET DIAGNOSTICS touched = ROW_COUNT;
              IF touched <> 100 THEN
                RAISE EXCEPTION 'a transaction updates %% rows, not 100', touched;
              END IF;
              COMMIT;
            END LOOP;
          END $$
          """
              .formatted(updates / TRANSACTION_CHANGES - 1, STRIDE, inserts));
      statement.execute("SET synchronous_commit = on");
      statement.execute("SELECT pg_switch_wal()");
    }
  }

  /**
   * Inserts rows in transactions of a hundred.
   *
   * @param before how many there are already; the next is numbered from there
   * @param rows how many, in hundreds
   */
  static void insert(Connection connection, long before, long rows) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          DO $$ BEGIN
            FOR t IN %d..%d LOOP
              INSERT INTO public.item
              SELECT i, 'Name ' || substr(md5(i::text), 1, 12), substr(md5(i::text), 13, 10) || '@example.com',
                     chr(65 + (i %% 26)::int) || chr(65 + (i / 26 %% 26)::int), (i %% 1000000) / 100.0,
                     timestamptz '2026-01-01 00:00:00Z' + i * interval '1 second 7 microseconds'
              FROM generate_series(t * 100 + 1::bigint, t * 100 + 100) AS i;
              COMMIT;
            END LOOP;
          END $$
          """
              .formatted(before / TRANSACTION_CHANGES, (before + rows) / TRANSACTION_CHANGES - 1));
    }
  }

  /** Rows and their content in one text: equal for equal tables. */
  static String fingerprint(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(item::text, 0)::numeric), 0)"
                    + " FROM public.item")) {
      row.next();
      return row.getString(1);
    }
  }
}
