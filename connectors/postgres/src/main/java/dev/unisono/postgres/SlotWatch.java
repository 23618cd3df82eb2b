package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SourceProgress.Retained;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches what the server keeps for the slot while the log is read, and lets the slot go where that
 * is more than the budget, so that the source's disk never fills for us. It also notices a table
 * that was made anew, one that is not published any more, and one that its owner cannot change. On
 * a thread and in a session of its own: the reader may wait for the state's disk, and a chunk for a
 * lock. Its figures can be asked from any thread.
 */
final class SlotWatch implements AutoCloseable {
  private static final long PAUSE_MILLIS = 1_000;
  private static final long POLL_MILLIS = 50;
  private static final int LOOKS_FOR_TABLES = 5;
  private static final int GENTLE_ATTEMPTS = 20;
  private static final int MOST_ATTEMPTS = 200;
  private static final String IN_USE = "55006";

  private final Database database;
  private final SideSession session;
  private final String slot;
  private final PublicationOptions publication;
  private final LogBudget budget;
  private final List<SnapshotTable> tables;
  private final Runnable onNews;
  private final Runnable onFailure;
  private final Thread thread;
  private volatile Retained retained;
  private volatile long written;
  private volatile @Nullable Problem warning;

  /** That the tables' owners suffer from the publication; null where they do not. */
  private volatile @Nullable Problem refusal;

  private volatile @Nullable UnisonoException failure;
  private volatile boolean closed;

  /**
   * @param onNews called when the figures were renewed
   * @param onFailure ends the reading: the budget is exceeded, or the server cannot be asked
   */
  SlotWatch(
      Database database,
      String slot,
      PublicationOptions publication,
      LogBudget budget,
      List<SnapshotTable> tables,
      Runnable onNews,
      Runnable onFailure) {
    this.database = database;
    this.session = new SideSession(database);
    this.slot = slot;
    this.publication = publication;
    this.budget = budget;
    this.tables = tables;
    this.onNews = onNews;
    this.onFailure = onFailure;
    this.retained = new Retained(-1, -1, budget.bytes());
    this.thread =
        Thread.ofVirtual().name("source-" + database.system() + "-slot").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** The end of the server's log when it was last asked; 0 before. */
  long written() {
    return written;
  }

  Retained retained() {
    return retained;
  }

  /**
   * That much of the budget is used, or that the publication keeps others from their work; null
   * where neither is so.
   */
  @Nullable Problem warning() {
    Problem worse = refusal;
    return worse == null ? warning : worse;
  }

  @Nullable UnisonoException failure() {
    return failure;
  }

  private void run() {
    try {
      for (int looks = 0; look(); looks++) {
        if (looks % LOOKS_FOR_TABLES == 0) {
          lookForTables();
          lookForRefusals();
        }
        onNews.run();
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (UnisonoException failed) {
      end(failed);
    } finally {
      session.close();
    }
  }

  private void end(UnisonoException failed) {
    if (!closed) {
      failure = failed;
      onFailure.run();
    }
  }

  /** Looks once; false where the slot was let go. */
  private boolean look() throws InterruptedException {
    SideSession.SlotUse use = session.slotUse(slot);
    written = use.written();
    retained = new Retained(use.retainedBytes(), use.safeBytes(), budget.bytes());
    if (budget.exceeded(use.retainedBytes())) {
      letGo();
      return false;
    }
    boolean warns = budget.warns(use.retainedBytes());
    if (warns && warning == null) {
      Problem said = Repair.halfSpent(database, use.retainedBytes(), budget.bytes());
      warn(said.message());
      warning = said;
    } else if (!warns) {
      warning = null;
    }
    return true;
  }

  /**
   * A table made anew under a name is another one, and nobody publishes it; one that was taken out
   * of the publication is silent: reading begins again.
   */
  private void lookForTables() {
    for (SnapshotTable table : tables) {
      if (session.replaced(table.table())) {
        throw new UnisonoException(Repair.tableReplaced(database, table));
      }
    }
    Set<Long> unpublished =
        session.unpublished(
            publication.name(), tables.stream().map(table -> table.table().relation()).toList());
    for (SnapshotTable table : tables) {
      if (unpublished.contains(table.table().relation())) {
        throw new UnisonoException(Repair.tableUnpublished(database, publication.name(), table));
      }
    }
  }

  /** Somebody may change a table's replica identity at any time. */
  private void lookForRefusals() {
    Problem now = session.refusedUpdates(publication).orElse(null);
    if (now != null && !now.equals(refusal)) {
      warn(now.message());
    }
    refusal = now;
  }

  /** Ends the reading in a way that can pass, and drops the slot; the next run repairs. */
  private void letGo() throws InterruptedException {
    Problem cause = Repair.letGo(database, slot, budget.bytes());
    warn(cause.message());
    budget.letGo();
    end(
        new UnisonoException(
            new Problem(
                cause.code(),
                ProblemType.RESOURCES,
                cause.message(),
                cause.configPath(),
                cause.remedy())));
    // The server's end of the stream may take a moment, or hang on a socket that nobody reads.
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      try {
        if (attempt >= GENTLE_ATTEMPTS) {
          execute(
              "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                  + " WHERE slot_name = ? AND active_pid IS NOT NULL");
        }
        execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                + " WHERE slot_name = ?");
        return;
      } catch (SQLException failed) {
        if (!IN_USE.equals(failed.getSQLState())) {
          throw session.failure("dropping the slot " + slot, failed);
        }
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    warn("The slot " + slot + " could not be dropped: it is still in use.");
  }

  private void execute(String statement) throws SQLException {
    Connection connection = session.connection();
    try (PreparedStatement execute = connection.prepareStatement(statement)) {
      execute.setString(1, slot);
      execute.execute();
    }
  }

  private void warn(String message) {
    System.getLogger(SlotWatch.class.getName())
        .log(System.Logger.Level.WARNING, "{0}: {1}", database.system(), message);
  }

  /** Ends it, but for a slot that is just being let go. */
  @Override
  public void close() {
    closed = true;
    if (!budget.hasLetGo()) {
      thread.interrupt();
      session.close();
    }
  }
}
