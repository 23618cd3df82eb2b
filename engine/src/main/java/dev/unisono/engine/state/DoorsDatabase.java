package dev.unisono.engine.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the doors keep of their own, in {@code doors.db} of the state folder: each in tables of its
 * own. It is not the state's database, so that no caller's doing waits for, or delays, what comes
 * from the systems. The folder is claimed by whoever opens it. Safe for threads, one at a time.
 */
public final class DoorsDatabase implements AutoCloseable {
  static final String FILE = "doors.db";

  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();

  private DoorsDatabase(Connection connection) {
    this.connection = connection;
  }

  /** Something that is done with it. */
  public interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  /**
   * Opens it, and makes it where there is none.
   *
   * @throws dev.unisono.spi.UnisonoException state-failed
   */
  public static DoorsDatabase open(Path folder) {
    try {
      Path file = folder.resolve(FILE);
      if (!Files.exists(file)) {
        // What is kept of secrets is for nobody else; SQLite's files beside it are made alike.
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA busy_timeout = 10000");
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = FULL");
        return new DoorsDatabase(connection);
      } catch (SQLException failed) {
        connection.close();
        throw failed;
      }
    } catch (IOException failed) {
      throw StateFolder.failure(
          new SQLException("the file cannot be made: " + failed.getMessage(), failed));
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** Makes tables and indexes; each statement has {@code IF NOT EXISTS}. */
  public void define(String... statements) {
    transaction(connection -> {
      try (Statement statement = connection.createStatement()) {
        for (String each : statements) {
          statement.execute(each);
        }
      }
      return null;
    });
  }

  /**
   * Does something as a whole or not at all; it is durable when this returns.
   *
   * @throws dev.unisono.spi.UnisonoException state-failed
   */
  public <T extends @Nullable Object> T transaction(Work<T> work) {
    lock.lock();
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      boolean done = false;
      try {
        T result = work.run(connection);
        statement.execute("COMMIT");
        done = true;
        return result;
      } finally {
        if (!done) {
          statement.execute("ROLLBACK");
        }
      }
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      connection.close();
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } finally {
      lock.unlock();
    }
  }
}
