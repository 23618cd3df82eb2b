package dev.unisono.engine.state;

import dev.unisono.engine.state.SchemaVersions.SchemaVersion;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * The folder that holds all state of one server: {@code state.db} (journal, positions of the
 * sources, dead letters, parked rows, conflicts) and {@code records.db} (the read model, which can
 * be made again from the journal). Locked for one process. Opening connections is safe for threads.
 */
public final class StateFolder implements AutoCloseable {
  private static final String[] TABLES = {
    "CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS entity (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS shape (id INTEGER PRIMARY KEY, entity INTEGER NOT NULL,"
        + " fields TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS journal (last INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
        + " committed INTEGER NOT NULL, entries BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS source_state (system TEXT NOT NULL, name TEXT NOT NULL,"
        + " value TEXT NOT NULL, PRIMARY KEY (system, name)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS unfinished (system TEXT PRIMARY KEY,"
        + " transaction_number INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS learned (sync TEXT NOT NULL, field TEXT NOT NULL,"
        + " configured TEXT NOT NULL, followed TEXT NOT NULL, schema TEXT,"
        + " PRIMARY KEY (sync, field)) WITHOUT ROWID",
    // What was last told of a record whose source tells rows again.
    "CREATE TABLE IF NOT EXISTS told (entity INTEGER NOT NULL, key BLOB NOT NULL,"
        + " digest BLOB NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS parked_row (id INTEGER PRIMARY KEY, target TEXT NOT NULL,"
        + " entity INTEGER NOT NULL, key BLOB NOT NULL, sequence INTEGER NOT NULL,"
        + " operation TEXT NOT NULL, image BLOB, source_time TEXT NOT NULL,"
        + " parked_at INTEGER NOT NULL, attempts INTEGER NOT NULL, waits INTEGER NOT NULL,"
        + " code TEXT NOT NULL, message TEXT NOT NULL, config_path TEXT, remedy TEXT NOT NULL,"
        + " reason TEXT NOT NULL, rejected TEXT, UNIQUE (target, entity, key))",
    // What stood in places before the transaction that a target has open; nothing where id is null.
    "CREATE TABLE IF NOT EXISTS parked_before (target TEXT NOT NULL, entity INTEGER NOT NULL,"
        + " key BLOB NOT NULL, replaced_at INTEGER NOT NULL, id INTEGER, sequence INTEGER,"
        + " operation TEXT, image BLOB, source_time TEXT, parked_at INTEGER, attempts INTEGER,"
        + " waits INTEGER, code TEXT, message TEXT, config_path TEXT, remedy TEXT, reason TEXT,"
        + " rejected TEXT, PRIMARY KEY (target, entity, key))",
    // Of a record that several members write; open has a bit for each member that is waited for.
    "CREATE TABLE IF NOT EXISTS merged (entity INTEGER NOT NULL, key BLOB NOT NULL,"
        + " open INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS merged_open ON merged (entity, key) WHERE open <> 0",
    "CREATE TABLE IF NOT EXISTS merge_member (id INTEGER PRIMARY KEY, entity INTEGER NOT NULL,"
        + " system TEXT NOT NULL, UNIQUE (entity, system))",
    // Which record a row of a member is, where each member has keys of its own.
    "CREATE TABLE IF NOT EXISTS merge_link (entity INTEGER NOT NULL, member INTEGER NOT NULL,"
        + " key BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (entity, member, key))"
        + " WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS merge_link_record ON merge_link (entity, record, member)",
    // The values by which a row finds its record.
    "CREATE TABLE IF NOT EXISTS merge_match (entity INTEGER NOT NULL, rule TEXT NOT NULL,"
        + " value TEXT NOT NULL, record INTEGER NOT NULL,"
        + " PRIMARY KEY (entity, rule, value, record)) WITHOUT ROWID",
    // Two records that may be one: a person is asked, or has decided.
    "CREATE TABLE IF NOT EXISTS merge_pair (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        + " entity INTEGER NOT NULL, one INTEGER NOT NULL, other INTEGER NOT NULL,"
        + " score REAL NOT NULL, explained BLOB NOT NULL, ambiguous INTEGER NOT NULL,"
        + " state TEXT NOT NULL, recorded INTEGER NOT NULL, decided INTEGER, reason TEXT,"
        + " UNIQUE (entity, one, other))",
    "CREATE INDEX IF NOT EXISTS merge_pair_other ON merge_pair (entity, other)",
    "CREATE INDEX IF NOT EXISTS merge_pair_open ON merge_pair (entity, id) WHERE state = 'open'",
    // Rows that are not one record, by what a person said.
    "CREATE TABLE IF NOT EXISTS merge_apart (entity INTEGER NOT NULL, member INTEGER NOT NULL,"
        + " key BLOB NOT NULL, other_member INTEGER NOT NULL, other_key BLOB NOT NULL,"
        + " PRIMARY KEY (entity, member, key, other_member, other_key)) WITHOUT ROWID",
    // What became of which rows are one record.
    "CREATE TABLE IF NOT EXISTS merge_history (id INTEGER PRIMARY KEY, entity INTEGER NOT NULL,"
        + " record INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL,"
        + " member TEXT NOT NULL, key BLOB NOT NULL, rule TEXT NOT NULL, score REAL, reason TEXT)",
    "CREATE INDEX IF NOT EXISTS merge_history_record ON merge_history (entity, record, id)",
    "CREATE TABLE IF NOT EXISTS merge_live (entity INTEGER PRIMARY KEY,"
        + " swept INTEGER NOT NULL)",
    // Where field is empty it is about the record's existence; closed is null until it is decided.
    "CREATE TABLE IF NOT EXISTS conflict (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        + " entity INTEGER NOT NULL, key BLOB NOT NULL, field TEXT NOT NULL, kept_by TEXT NOT NULL,"
        + " kept_micros INTEGER NOT NULL, other_by TEXT NOT NULL, other_micros INTEGER NOT NULL,"
        + " rows BLOB NOT NULL, rule TEXT NOT NULL, first_load INTEGER NOT NULL,"
        + " recorded INTEGER NOT NULL, closed INTEGER, decided INTEGER NOT NULL, pick TEXT,"
        + " result BLOB)",
    "CREATE INDEX IF NOT EXISTS conflict_record ON conflict (entity, key, field)",
    "CREATE INDEX IF NOT EXISTS conflict_open ON conflict (entity, id) WHERE closed IS NULL",
    "CREATE INDEX IF NOT EXISTS conflict_closed ON conflict (closed, id) WHERE closed IS NOT NULL"
  };

  private final Path path;
  private final Claim claim;
  private final InstantSource clock;

  private StateFolder(Path path, Claim claim, InstantSource clock) {
    this.path = path;
    this.claim = claim;
    this.clock = clock;
  }

  /** The folder's lock: held by one process, which alone writes to what is in it. Immutable. */
  record Claim(FileChannel channel, FileLock lock) implements AutoCloseable {
    @Override
    public void close() {
      try {
        lock.release();
        channel.close();
      } catch (IOException harmless) {
        // The process ends its locks with itself.
      }
    }
  }

  /** Opens the folder, made where it is not there, and locks it. */
  public static StateFolder open(Path path, InstantSource clock) {
    StateFolder folder = new StateFolder(path, claim(path), clock);
    folder.prepare();
    return folder;
  }

  /** Locks a folder, made where it is not there. */
  static Claim claim(Path path) {
    try {
      Files.createDirectories(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new UnisonoException(
            new Problem(
                "state-in-use",
                ProblemType.USER,
                "Another process uses the state folder " + path + ".",
                "state.folder",
                "Stop that server, or give this one a folder of its own."));
      }
      return new Claim(channel, lock);
    } catch (IOException failed) {
      throw new UnisonoException(
          new Problem(
              "state-unusable",
              ProblemType.USER,
              "The state folder " + path + " cannot be used: " + failed.getMessage() + ".",
              "state.folder",
              "Name a folder that this user may write to."),
          failed);
    }
  }

  /**
   * What a folder holds of its sources, whether a server uses it or not.
   *
   * @param learned what was learned of the columns of tables
   * @param sources by system the entries of its source's state
   * @param schemas by entity the key and the schema that a server runs with, or ran with last
   */
  public record Glimpse(
      List<LearnedField> learned,
      Map<String, Map<String, String>> sources,
      Map<String, String> schemas) {
    /** Of a folder that holds nothing yet. */
    public static final Glimpse NOTHING = new Glimpse(List.of(), Map.of(), Map.of());
  }

  /** Looks into a folder without a change to it. */
  public static Glimpse glimpse(Path path) {
    Path file = path.resolve("state.db");
    if (!Files.exists(file)) {
      return Glimpse.NOTHING;
    }
    SQLiteConfig readOnly = new SQLiteConfig();
    readOnly.setReadOnly(true);
    try (Connection connection = readOnly.createConnection("jdbc:sqlite:" + file)) {
      Map<String, Map<String, String>> sources = new HashMap<>();
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT system, name, value FROM source_state")) {
        while (rows.next()) {
          sources
              .computeIfAbsent(rows.getString(1), any -> new HashMap<>())
              .put(rows.getString(2), rows.getString(3));
        }
      }
      return new Glimpse(learned(connection), sources, SchemaVersions.newest(connection));
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldHere) {
      return null;
    }
  }

  /** Makes the tables of the state in a database that may have them already. */
  public static void createTables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        statement.execute(table);
      }
      statement.execute(SchemaVersions.TABLE);
      for (String table : DeadLetterTable.TABLES) {
        statement.execute(table);
      }
    }
  }

  private void prepare() {
    try (Connection connection = connect("state.db", "FULL");
        Statement statement = connection.createStatement()) {
      createTables(connection);
      long micros = clock.millis() * 1000;
      statement.execute("INSERT OR IGNORE INTO fact VALUES ('epoch', '" + micros + "')");
      statement.execute(
          "INSERT OR IGNORE INTO fact VALUES ('installation', '" + UUID.randomUUID() + "')");
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /**
   * Keeps the schemas that a server runs with, where they are others than before.
   *
   * @param documents by entity's name
   */
  public void noteSchemas(Map<String, String> documents) {
    try (Connection connection = connectState()) {
      connection.setAutoCommit(false);
      for (Map.Entry<String, String> each : documents.entrySet()) {
        SchemaVersions.note(connection, each.getKey(), each.getValue(), clock.instant());
      }
      connection.commit();
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** The schemas that an entity has had, the oldest first. */
  public List<SchemaVersion> schemas(String entity) {
    try (Connection connection = connectState()) {
      return SchemaVersions.of(connection, entity);
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  InstantSource clock() {
    return clock;
  }

  public Path path() {
    return path;
  }

  /** Where a system's connector keeps what need not outlive the process; not made here. */
  public Path systemFolder(String system) {
    return path.toAbsolutePath()
        .resolve("systems")
        .resolve("system-" + URLEncoder.encode(system, StandardCharsets.UTF_8));
  }

  /** Tells this installation from every other; made with the state. */
  public String installation() {
    return fact("installation").orElseThrow();
  }

  long epoch() {
    return Long.parseLong(fact("epoch").orElseThrow());
  }

  /** Something that is kept under a name of its own. */
  public Optional<String> fact(String name) {
    try (Connection connection = connectState();
        PreparedStatement select =
            connection.prepareStatement("SELECT value FROM fact WHERE name = ?")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** The entities that were ever named. */
  public Set<String> knownEntities() {
    try (Connection connection = connectState();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT name FROM entity")) {
      Set<String> names = new HashSet<>();
      while (rows.next()) {
        names.add(rows.getString(1));
      }
      return names;
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** The number of each entity named, given out when it is first seen. */
  public Map<String, Integer> entityNumbers(Iterable<String> names) {
    try (Connection connection = connectState();
        PreparedStatement insert =
            connection.prepareStatement("INSERT OR IGNORE INTO entity (name) VALUES (?)");
        PreparedStatement select =
            connection.prepareStatement("SELECT id FROM entity WHERE name = ?")) {
      Map<String, Integer> numbers = new HashMap<>();
      for (String name : names) {
        insert.setString(1, name);
        insert.executeUpdate();
        select.setString(1, name);
        try (ResultSet row = select.executeQuery()) {
          row.next();
          numbers.put(name, row.getInt(1));
        }
      }
      return numbers;
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** What a source had made durable when it last did. */
  public Map<String, String> sourceState(String system) {
    try (Connection connection = connectState();
        PreparedStatement select =
            connection.prepareStatement("SELECT name, value FROM source_state WHERE system = ?")) {
      select.setString(1, system);
      Map<String, String> state = new HashMap<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          state.put(rows.getString(1), rows.getString(2));
        }
      }
      return state;
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** By source the transaction of which only a part was handed in. */
  Map<String, Long> unfinished() {
    try (Connection connection = connectState();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT system, transaction_number FROM unfinished")) {
      Map<String, Long> unfinished = new HashMap<>();
      while (rows.next()) {
        unfinished.put(rows.getString(1), rows.getLong(2));
      }
      return Map.copyOf(unfinished);
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** Nobody waits for the rest of a transaction whose source is read no more. */
  public void forgetUnfinishedOfOthers(Set<String> sources) {
    for (String system : unfinished().keySet()) {
      if (!sources.contains(system)) {
        try (Connection connection = connectState();
            PreparedStatement delete =
                connection.prepareStatement("DELETE FROM unfinished WHERE system = ?")) {
          delete.setString(1, system);
          delete.executeUpdate();
        } catch (SQLException failed) {
          throw failure(failed);
        }
      }
    }
  }

  /** What sources have found out about the columns of their tables. */
  public List<LearnedField> learned() {
    try (Connection connection = connectState()) {
      return learned(connection);
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  private static List<LearnedField> learned(Connection connection) throws SQLException {
    List<LearnedField> learned = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row =
          statement.executeQuery("SELECT 1 FROM sqlite_master WHERE name = 'learned'")) {
        if (!row.next()) {
          return learned; // A state of before anything could be learned, that was not opened since.
        }
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT sync, field, configured, followed, schema FROM learned"
                  + " ORDER BY sync, field")) {
        while (rows.next()) {
          learned.add(
              new LearnedField(
                  rows.getString(1),
                  rows.getString(2),
                  rows.getString(3),
                  rows.getString(4),
                  rows.getString(5)));
        }
      }
    }
    return learned;
  }

  public Connection connectState() throws SQLException {
    return connect("state.db", "FULL");
  }

  /** The read model may lose its last moments in a power cut: it is made again from the journal. */
  public Connection connectRecords() throws SQLException {
    return connect("records.db", "NORMAL");
  }

  private Connection connect(String file, String synchronous) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path.resolve(file));
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = " + synchronous);
      statement.execute("PRAGMA cache_size = -16384");
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  /** What a failure of the state's own database is to those who wait for it. */
  public static UnisonoException failure(SQLException failed) {
    return new UnisonoException(
        new Problem(
            "state-failed",
            ProblemType.RESOURCES,
            "The state cannot be read or written: " + failed.getMessage() + ".",
            "state.folder",
            "Look at the disk of the state folder: is it full, read-only or damaged?"),
        failed);
  }

  @Override
  public void close() {
    claim.close();
  }
}
