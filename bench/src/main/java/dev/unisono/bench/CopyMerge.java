package dev.unisono.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Writes the images of a backlog into a target by COPY into a temporary table and one merging
 * statement for each batch: the fastest that is known for one connection. For one thread.
 */
final class CopyMerge {
  private static final int BATCH_ROWS = 10_000;

  private final Connection source;
  private final Connection target;

  CopyMerge(Connection source, Connection target) {
    this.source = source;
    this.target = target;
  }

  /**
   * Writes as many new rows as a backlog of so many changes inserts, then as many of them again.
   *
   * @return how many seconds the writing took; reading the images is not counted
   */
  double run(long changes) throws SQLException {
    long inserts = ItemTable.inserts(changes);
    List<byte[]> batches = images(inserts);
    batches.addAll(images(changes - inserts));
    CopyManager copy = target.unwrap(PGConnection.class).getCopyAPI();
    try (Statement statement = target.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE stage (LIKE public.item)");
      target.setAutoCommit(false);
      long startNanos = System.nanoTime();
      for (byte[] batch : batches) {
        statement.execute("TRUNCATE stage");
        copy.copyIn("COPY stage FROM STDIN", new java.io.ByteArrayInputStream(batch));
        statement.execute(
            "INSERT INTO public.item SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET"
                + " name = excluded.name, email = excluded.email, country = excluded.country,"
                + " balance = excluded.balance, updated_at = excluded.updated_at");
        target.commit();
      }
      double seconds = (System.nanoTime() - startNanos) / 1e9;
      target.setAutoCommit(true);
      return seconds;
    } catch (IOException failed) {
      throw new UncheckedIOException("the rows cannot be copied", failed);
    }
  }

  /** The first rows of the source as COPY writes them, in batches. */
  private List<byte[]> images(long rows) throws SQLException {
    CopyManager copy = source.unwrap(PGConnection.class).getCopyAPI();
    List<byte[]> batches = new ArrayList<>();
    try {
      for (long from = 1; from <= rows; from += BATCH_ROWS) {
        ByteArrayOutputStream batch = new ByteArrayOutputStream(BATCH_ROWS * 100);
        copy.copyOut(
            "COPY (SELECT * FROM public.item WHERE id BETWEEN "
                + from
                + " AND "
                + Math.min(rows, from + BATCH_ROWS - 1)
                + ") TO STDOUT",
            batch);
        batches.add(batch.toByteArray());
      }
      return batches;
    } catch (IOException failed) {
      throw new UncheckedIOException("the rows cannot be read", failed);
    }
  }
}
