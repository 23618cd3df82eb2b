package dev.unisono.engine.state;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Copies of a state folder: taken beside a running server or of a stopped one, and put back with
 * the epoch raised, so that nobody takes what comes then for what came before. Immutable; safe for
 * threads.
 */
public final class StateBackup {
  private static final String STATE = "state.db";
  private static final String RECORDS = "records.db";

  /** What the doors remember of who did what. */
  private static final String AUDIT = "audit.db";

  private static final String TOKEN_HASH = "admin-token.sha256";

  /** In one of them retention may drop what the records, copied before, still lack. */
  private static final int ATTEMPTS = 3;

  private StateBackup() {}

  /** What is asked of a copy: where the records stand and what the journal holds. */
  private record Extent(long records, long oldest, long head) {
    boolean whole() {
      return records >= oldest && records <= head;
    }
  }

  /**
   * Copies a state folder. It only reads: the folder's lock is for who writes, and is not taken.
   *
   * @param target absent, or an empty folder; it is there once everything is in it
   * @throws UnisonoException backup-no-state, backup-not-empty, backup-failed, state-failed
   */
  public static void take(Path folder, Path target) {
    if (!Files.exists(folder.resolve(STATE))) {
      throw problem(
          "backup-no-state",
          "There is no state in " + folder + ".",
          "state.folder",
          "Name the config of a server that has run.");
    }
    Path unfinished = target.toAbsolutePath().resolveSibling(target.getFileName() + ".unfinished");
    try {
      checkEmpty(target);
      for (int attempt = 1; ; attempt++) {
        remove(unfinished);
        Files.createDirectories(
            unfinished,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (copyAll(folder, unfinished)) {
          break;
        }
        if (attempt == ATTEMPTS) {
          throw problem(
              "backup-failed",
              "The journal was cut while it was copied, " + ATTEMPTS + " times.",
              "state.retention",
              "Try again, or raise state.retention.");
        }
      }
      Files.deleteIfExists(target);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      force(target.toAbsolutePath().getParent());
    } catch (IOException failed) {
      throw problem("backup-failed", "The backup " + target + " cannot be written", failed);
    }
  }

  /** The records before the journal: so they stand at a place that it holds. */
  private static boolean copyAll(Path from, Path to) throws IOException {
    try {
      boolean records = Files.exists(from.resolve(RECORDS));
      if (records) {
        copyDatabase(from.resolve(RECORDS), to.resolve(RECORDS));
      }
      copyDatabase(from.resolve(STATE), to.resolve(STATE));
      for (String file : List.of(DoorsDatabase.FILE, AUDIT)) {
        if (Files.exists(from.resolve(file))) {
          copyDatabase(from.resolve(file), to.resolve(file));
        }
      }
      copyFile(from.resolve(TOKEN_HASH), to.resolve(TOKEN_HASH));
      force(to);
      return !records || extent(to).whole();
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** One moment of a database that others write to. */
  private static void copyDatabase(Path from, Path to) throws SQLException, IOException {
    try (Connection connection = connect(from);
        PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
      vacuum.setString(1, to.toString());
      vacuum.execute();
    }
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-------"));
    force(to);
  }

  private static void copyFile(Path from, Path to) throws IOException {
    try {
      Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
      force(to);
    } catch (NoSuchFileException none) {
      // A server that was never started by its doors has none of these; it makes them.
    }
  }

  private static Extent extent(Path backup) throws SQLException {
    long records;
    try (Connection connection = connect(backup.resolve(RECORDS))) {
      records = number(connection, "SELECT value FROM fact WHERE name = 'position'");
    }
    try (Connection connection = connect(backup.resolve(STATE))) {
      return new Extent(
          records,
          number(connection, "SELECT coalesce(min(first) - 1, 0) FROM journal"),
          number(connection, "SELECT coalesce(max(last), 0) FROM journal"));
    }
  }

  private static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /**
   * Puts a backup in the place of a state folder's content. The installation stays what it was when
   * the backup was taken, and the epoch becomes a new one: cursors that were given out since then
   * are of no journal any more, and whoever shows one is told.
   *
   * @param replacing where the folder holds a state already, it is moved aside into a folder in it
   * @throws UnisonoException restore-no-backup, restore-not-empty, restore-failed, state-in-use and
   *     others of the state
   */
  public static void restore(Path backup, Path folder, boolean replacing, InstantSource clock) {
    if (!Files.exists(backup.resolve(STATE))) {
      throw problem(
          "restore-no-backup",
          "There is no backup in " + backup + ".",
          null,
          "Name a folder that ./unisono backup has made.");
    }
    try (StateFolder.Claim _ = StateFolder.claim(folder)) {
      // Also where the clock was set back since.
      long epoch = Math.max(clock.millis() * 1000, epochOf(backup) + 1);
      if (Files.exists(folder.resolve(STATE))) {
        if (!replacing) {
          throw problem(
              "restore-not-empty",
              "The state folder " + folder + " holds a state already.",
              "state.folder",
              "Name an empty folder, or add --force: then that state is moved aside.");
        }
        epoch = Math.max(epoch, epochOf(folder) + 1);
        moveAside(folder, folder.resolve("replaced-" + epoch));
      }
      Path incoming = folder.resolve("restoring");
      remove(incoming);
      Files.createDirectory(incoming);
      for (String file : List.of(RECORDS, STATE, DoorsDatabase.FILE, AUDIT, TOKEN_HASH)) {
        copyFile(backup.resolve(file), incoming.resolve(file));
      }
      raise(incoming, epoch);
      // The state comes last: until it is there, there is none.
      for (String file : List.of(TOKEN_HASH, AUDIT, DoorsDatabase.FILE, RECORDS, STATE)) {
        if (Files.exists(incoming.resolve(file))) {
          Files.move(
              incoming.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
          force(folder);
        }
      }
      Files.delete(incoming);
    } catch (IOException failed) {
      throw problem("restore-failed", "The backup cannot be put into " + folder, failed);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  private static long epochOf(Path folder) throws SQLException {
    try (Connection connection = connect(folder.resolve(STATE))) {
      return number(connection, "SELECT value FROM fact WHERE name = 'epoch'");
    }
  }

  /** The records are of the same journal as before, though its cursors are others. */
  private static void raise(Path folder, long epoch) throws SQLException, IOException {
    for (String file : List.of(RECORDS, STATE)) {
      if (!Files.exists(folder.resolve(file))) {
        continue;
      }
      try (Connection connection = connect(folder.resolve(file));
          PreparedStatement update =
              connection.prepareStatement("UPDATE fact SET value = ? WHERE name = 'epoch'")) {
        update.setString(1, Long.toString(epoch));
        update.executeUpdate();
      }
      force(folder.resolve(file));
    }
  }

  /** Everything but the lock and what was moved aside before. */
  private static void moveAside(Path folder, Path aside) throws IOException {
    Files.createDirectory(aside);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getFileName().toString().equals("lock")) {
          Files.move(file, aside.resolve(file.getFileName()));
        }
      }
    }
    force(folder);
  }

  private static Connection connect(Path database) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  private static void checkEmpty(Path target) throws IOException {
    if (Files.exists(target)) {
      boolean empty = Files.isDirectory(target);
      if (empty) {
        try (Stream<Path> files = Files.list(target)) {
          empty = files.findAny().isEmpty();
        }
      }
      if (!empty) {
        throw problem(
            "backup-not-empty",
            target + " is there already and not an empty folder.",
            null,
            "Name a folder that is not there yet.");
      }
    }
  }

  private static void remove(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  /** So that it is there after a power cut, too. */
  private static void force(@Nullable Path path) throws IOException {
    if (path != null) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static UnisonoException problem(
      String code, String message, @Nullable String configPath, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, configPath, remedy));
  }

  private static UnisonoException problem(String code, String what, IOException failed) {
    return new UnisonoException(
        new Problem(
            code,
            ProblemType.RESOURCES,
            what + ": " + failed + ".",
            null,
            "Is there room, and may this user write there?"),
        failed);
  }
}
