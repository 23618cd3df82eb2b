package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.DeadLetter.Stage;
import dev.unisono.engine.state.KeptLetter.Closed;
import dev.unisono.engine.state.KeptLetter.Filter;
import dev.unisono.engine.state.KeptLetter.Outcome;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters in the state's database. Has no state but the entities; safe for threads, each
 * with a connection of its own.
 */
final class DeadLetterTable {
  static final String[] TABLES = {
    // Waiting while closed is null; held is of those that a person is to look at.
    "CREATE TABLE IF NOT EXISTS letter (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        + " time INTEGER NOT NULL, system TEXT NOT NULL, entity INTEGER NOT NULL,"
        + " operation TEXT NOT NULL, key BLOB, previous BLOB, stage TEXT NOT NULL,"
        + " held INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, path TEXT,"
        + " remedy TEXT NOT NULL, findings BLOB NOT NULL, position INTEGER NOT NULL,"
        + " ordinal INTEGER NOT NULL, source_micros INTEGER NOT NULL, attempts INTEGER NOT NULL,"
        + " image BLOB, edited BLOB, closed INTEGER, outcome TEXT, reason TEXT)",
    // What a letter waits for, to be taken up by itself.
    "CREATE TABLE IF NOT EXISTS letter_awaits (letter INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS letter_awaits_name ON letter_awaits (name)",
    "CREATE INDEX IF NOT EXISTS letter_record ON letter (entity, key, system, id)",
    "CREATE INDEX IF NOT EXISTS letter_open ON letter (id) WHERE closed IS NULL",
    "CREATE INDEX IF NOT EXISTS letter_closed ON letter (closed, id) WHERE closed IS NOT NULL"
  };

  private static final String COLUMNS =
      "id, time, system, entity, operation, key, previous, stage, held, code, message, path,"
          + " remedy, findings, position, ordinal, source_micros, attempts, image, edited, closed,"
          + " outcome, reason";

  private final Shapes shapes;
  private final Map<Integer, Entity> entities = new HashMap<>();

  DeadLetterTable(Shapes shapes, List<Entity> entities) {
    this.shapes = shapes;
    entities.forEach(entity -> this.entities.put(entity.id(), entity));
  }

  /** Keeps a letter; gives its number. */
  long insert(Connection connection, String system, DeadLetter letter) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO letter (time, system, entity, operation, key, previous, stage, held,"
                + " code, message, path, remedy, findings, position, ordinal, source_micros,"
                + " attempts, image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
                + " RETURNING id")) {
      Change change = letter.change();
      Problem cause = letter.cause();
      insert.setLong(1, letter.time().toEpochMilli());
      insert.setString(2, system);
      insert.setInt(3, letter.entity().id());
      insert.setString(4, change.operation().name());
      insert.setBytes(5, stored(letter.entity(), change.key()));
      insert.setBytes(6, stored(letter.entity(), change.previousKey()));
      insert.setString(7, letter.stage().name());
      insert.setBoolean(8, letter.held());
      insert.setString(9, cause.code());
      insert.setString(10, cause.message());
      insert.setString(11, cause.configPath());
      insert.setString(12, cause.remedy());
      insert.setBytes(13, written(letter.findings()));
      insert.setLong(14, change.position().commit());
      insert.setLong(15, change.position().ordinal());
      insert.setLong(16, ChronoUnit.MICROS.between(Instant.EPOCH, change.sourceTime()));
      insert.setBytes(17, image(letter.entity(), change.after()));
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** A key with a part that is none of its field's type has no form here; the cause says it. */
  private static byte @Nullable [] stored(Entity entity, @Nullable Key key) {
    return key == null || !keyed(entity, key) ? null : StoredKey.write(entity, key);
  }

  /** False for the key of a row that has none of its type: its parts are words about it. */
  static boolean keyed(Entity entity, Key key) {
    for (int i = 0; i < key.size(); i++) {
      Object part = key.part(i);
      ValueType type = entity.schema().field(entity.schema().keyPosition(i)).type();
      if (part instanceof Unfit || (part instanceof String && type != ValueType.STRING)) {
        return false;
      }
    }
    return true;
  }

  private byte @Nullable [] image(Entity entity, @Nullable Row row) {
    if (row == null) {
      return null;
    }
    Bytes image = new Bytes(256);
    image.writeUnsigned(shapes.current(entity));
    // What is none of its field's type has no form here; the findings say what it was.
    Shapes.writeRow(image, row.withoutUnfit());
    return image.toByteArray();
  }

  private static byte[] written(List<Finding> findings) {
    Bytes out = new Bytes(64 * findings.size() + 1);
    out.writeUnsigned(findings.size());
    for (Finding finding : findings) {
      out.writeText(finding.code());
      out.writeText(finding.field());
      out.writeText(finding.path());
      out.writeText(finding.shape());
      out.writeText(finding.message());
    }
    return out.toByteArray();
  }

  private static List<Finding> findings(byte[] written) {
    Bytes in = new Bytes(written);
    List<Finding> findings = new ArrayList<>();
    for (long left = in.readUnsigned(); left > 0; left--) {
      findings.add(
          new Finding(in.readText(), in.readText(), in.readText(), in.readText(), in.readText()));
    }
    return findings;
  }

  /** True where the newest letter of the record, or of those without a key, says the same of it. */
  boolean known(Connection connection, String system, DeadLetter letter) throws SQLException {
    byte[] key = stored(letter.entity(), letter.change().key());
    if (key == null) {
      return knownWithoutKey(connection, system, letter);
    }
    try (PreparedStatement newest =
        connection.prepareStatement(
            "SELECT code, message, image FROM letter WHERE entity = ? AND key = ? AND system = ?"
                + " ORDER BY id DESC LIMIT 1")) {
      newest.setInt(1, letter.entity().id());
      newest.setBytes(2, key);
      newest.setString(3, system);
      try (ResultSet row = newest.executeQuery()) {
        return row.next()
            && letter.cause().code().equals(row.getString(1))
            && letter.cause().message().equals(row.getString(2))
            && Arrays.equals(image(letter.entity(), letter.change().after()), row.getBytes(3));
      }
    }
  }

  private boolean knownWithoutKey(Connection connection, String system, DeadLetter letter)
      throws SQLException {
    try (PreparedStatement like =
        connection.prepareStatement(
            "SELECT 1 FROM letter WHERE entity = ? AND key IS NULL AND system = ? AND code = ?"
                + " AND message = ? AND image IS ? LIMIT 1")) {
      like.setInt(1, letter.entity().id());
      like.setString(2, system);
      like.setString(3, letter.cause().code());
      like.setString(4, letter.cause().message());
      like.setBytes(5, image(letter.entity(), letter.change().after()));
      try (ResultSet row = like.executeQuery()) {
        return row.next();
      }
    }
  }

  /** What of sources waits: by system and entity the keys. */
  List<Place> open(Connection connection) throws SQLException {
    return places(connection, "key");
  }

  /** The keys that records had before they moved, where that waits. */
  List<Place> movedFrom(Connection connection) throws SQLException {
    return places(connection, "previous");
  }

  private static List<Place> places(Connection connection, String column) throws SQLException {
    List<Place> places = new ArrayList<>();
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT system, entity, "
                    + column
                    + " FROM letter WHERE closed IS NULL AND "
                    + column
                    + " IS NOT NULL AND stage <> '"
                    + Stage.WRITE
                    + "'")) {
      while (rows.next()) {
        places.add(new Place(rows.getString(1), rows.getInt(2), StoredKey.read(rows.getBytes(3))));
      }
    }
    return places;
  }

  /** A key is another record's now: what waits to be moved from it is not known by it any more. */
  static void forgetPrevious(Connection connection, String system, Entity entity, Key key)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE letter SET previous = NULL WHERE entity = ? AND system = ? AND previous = ?"
                + " AND key <> previous AND closed IS NULL")) {
      update.setInt(1, entity.id());
      update.setString(2, system);
      update.setBytes(3, StoredKey.write(entity, key));
      update.executeUpdate();
    }
  }

  /** Has a letter wait for what has this name; null for a person alone. */
  static void await(Connection connection, long id, @Nullable String name) throws SQLException {
    try (PreparedStatement write =
        connection.prepareStatement(
            name == null
                ? "DELETE FROM letter_awaits WHERE letter = ?"
                : "INSERT OR REPLACE INTO letter_awaits VALUES (?, ?)")) {
      write.setLong(1, id);
      if (name != null) {
        write.setString(2, name);
      }
      write.executeUpdate();
    }
  }

  /** What letters that are open wait for. */
  static List<String> awaited(Connection connection) throws SQLException {
    List<String> names = new ArrayList<>();
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT DISTINCT name FROM letter_awaits JOIN letter ON id = letter"
                    + " WHERE closed IS NULL")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  /** Drops what letters waited for that have ended. */
  static void trimAwaited(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(
          "DELETE FROM letter_awaits WHERE letter NOT IN"
              + " (SELECT id FROM letter WHERE closed IS NULL)");
    }
  }

  /** Some of the letters that wait for one thing, in the order of their numbers. */
  static List<Long> awaiting(Connection connection, String name, long after, int limit)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT letter FROM letter_awaits WHERE name = ? AND letter > ? AND EXISTS (SELECT 1"
                + " FROM letter WHERE id = letter AND closed IS NULL) ORDER BY letter LIMIT ?")) {
      select.setString(1, name);
      select.setLong(2, after);
      select.setInt(3, limit);
      List<Long> ids = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getLong(1));
        }
      }
      return ids;
    }
  }

  /** A record as one system knows it. Immutable. */
  record Place(String system, int entity, Key key) {}

  /** How many wait that are held, or are not. */
  static long count(Connection connection, boolean held) throws SQLException {
    try (PreparedStatement count =
        connection.prepareStatement(
            "SELECT count(*) FROM letter WHERE closed IS NULL AND held = ?")) {
      count.setBoolean(1, held);
      try (ResultSet row = count.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** Ends letters; gives which of them were held. */
  private static List<Boolean> close(PreparedStatement update) throws SQLException {
    List<Boolean> held = new ArrayList<>();
    try (ResultSet rows = update.executeQuery()) {
      while (rows.next()) {
        held.add(rows.getBoolean(1));
      }
    }
    return held;
  }

  /** Ends a letter that waits; gives whether it was held, or nothing where it does not wait. */
  static List<Boolean> close(
      Connection connection, long id, Outcome outcome, @Nullable String reason, Instant now)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE letter SET closed = ?, outcome = ?, reason = ? WHERE id = ? AND closed IS NULL"
                + " RETURNING held")) {
      update.setLong(1, now.toEpochMilli());
      update.setString(2, outcome.name());
      update.setString(3, reason);
      update.setLong(4, id);
      return close(update);
    }
  }

  /**
   * Ends what waits of a record since something newer is known of it; gives which were held.
   *
   * @param key null for all records of the entity
   */
  List<Boolean> supersede(
      Connection connection, String system, Entity entity, @Nullable Key key, Instant now)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE letter SET closed = ?, outcome = ? WHERE entity = ? AND system = ?"
                + " AND closed IS NULL"
                + (key == null ? "" : " AND key = ?")
                + " RETURNING held")) {
      update.setLong(1, now.toEpochMilli());
      update.setString(2, Outcome.SUPERSEDED.name());
      update.setInt(3, entity.id());
      update.setString(4, system);
      if (key != null) {
        update.setBytes(5, StoredKey.write(entity, key));
      }
      return close(update);
    }
  }

  /** Notes that a letter was tried again, and what was wrong with it then. */
  static void tried(
      Connection connection,
      long id,
      Stage stage,
      boolean held,
      Problem cause,
      List<Finding> findings)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE letter SET attempts = attempts + 1, stage = ?, held = ?, code = ?, message = ?, path = ?,"
                + " remedy = ?, findings = ? WHERE id = ?")) {
      update.setString(1, stage.name());
      update.setBoolean(2, held);
      update.setString(3, cause.code());
      update.setString(4, cause.message());
      update.setString(5, cause.configPath());
      update.setString(6, cause.remedy());
      update.setBytes(7, written(findings));
      update.setLong(8, id);
      update.executeUpdate();
    }
  }

  /** Keeps what a letter's row shall be; false where it does not wait any more. */
  boolean edit(Connection connection, KeptLetter letter, Row row) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE letter SET edited = ? WHERE id = ? AND closed IS NULL")) {
      update.setBytes(1, image(letter.entity(), row));
      update.setLong(2, letter.id());
      return update.executeUpdate() > 0;
    }
  }

  /** Drops the oldest of those that are closed, and leaves so many. */
  static void trim(Connection connection, int kept) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE closed IS NOT NULL"
                + " ORDER BY closed DESC, id DESC LIMIT -1 OFFSET ?)")) {
      statement.setInt(1, kept);
      statement.executeUpdate();
    }
  }

  /** One of them; null where there is none of that number. */
  @Nullable KeptLetter find(Connection connection, long id) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT " + COLUMNS + " FROM letter WHERE id = ?")) {
      statement.setLong(1, id);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? read(row) : null;
      }
    }
  }

  /** Some of them, in the order of their numbers. */
  List<KeptLetter> list(Connection connection, Filter filter) throws SQLException {
    List<Object> values = new ArrayList<>(List.of(filter.after()));
    StringBuilder sql = new StringBuilder("SELECT " + COLUMNS + " FROM letter WHERE id > ?");
    if (filter.system() != null) {
      sql.append(" AND system = ?");
      values.add(filter.system());
    }
    Entity entity = filter.entity();
    if (entity != null) {
      sql.append(" AND entity = ?");
      values.add(entity.id());
      if (filter.key() != null) {
        sql.append(" AND key = ?");
        values.add(StoredKey.write(entity, filter.key()));
      }
    }
    if (filter.code() != null) {
      sql.append(" AND code = ?");
      values.add(filter.code());
    }
    sql.append(
        switch (filter.state()) {
          case OPEN -> " AND closed IS NULL";
          case REFUSED -> " AND closed IS NULL AND held = 0";
          case HELD -> " AND closed IS NULL AND held = 1";
          case CLOSED -> " AND closed IS NOT NULL";
          case ANY -> "";
        });
    try (PreparedStatement statement = connection.prepareStatement(sql + " ORDER BY id")) {
      for (int i = 0; i < values.size(); i++) {
        statement.setObject(i + 1, values.get(i));
      }
      List<KeptLetter> found = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (found.size() < filter.limit() && rows.next()) {
          KeptLetter letter = read(rows);
          if (letter != null) {
            found.add(letter);
          }
        }
      }
      return found;
    }
  }

  /** The newest that waits of a record; null where none does. */
  @Nullable KeptLetter waiting(Connection connection, String system, Entity entity, Key key)
      throws SQLException {
    if (!keyed(entity, key)) {
      return null;
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM letter WHERE entity = ? AND key = ? AND system = ? AND closed IS NULL"
                + " ORDER BY id DESC LIMIT 1")) {
      statement.setInt(1, entity.id());
      statement.setBytes(2, StoredKey.write(entity, key));
      statement.setString(3, system);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? read(row) : null;
      }
    }
  }

  /** Null where the config has the entity no longer. */
  private @Nullable KeptLetter read(ResultSet row) throws SQLException {
    Entity entity = entities.get(row.getInt("entity"));
    if (entity == null) {
      return null;
    }
    List<Finding> findings = findings(row.getBytes("findings"));
    String code = row.getString("code");
    long closed = row.getLong("closed");
    boolean open = row.wasNull();
    Instant sourceTime = Instant.EPOCH.plus(row.getLong("source_micros"), ChronoUnit.MICROS);
    return new KeptLetter(
        row.getLong("id"),
        Instant.ofEpochMilli(row.getLong("time")),
        row.getString("system"),
        entity,
        Operation.valueOf(row.getString("operation")),
        key(row.getBytes("key")),
        key(row.getBytes("previous")),
        Stage.valueOf(row.getString("stage")),
        row.getBoolean("held"),
        new Problem(
            code,
            ProblemType.USER,
            row.getString("message"),
            row.getString("path"),
            row.getString("remedy")),
        findings,
        new Position(row.getLong("position"), row.getLong("ordinal")),
        sourceTime,
        row.getInt("attempts"),
        withUnfit(row(row.getBytes("image")), findings),
        withUnfit(row(row.getBytes("edited")), findings),
        open
            ? null
            : new Closed(
                Instant.ofEpochMilli(closed),
                Outcome.valueOf(row.getString("outcome")),
                row.getString("reason")));
  }

  private static @Nullable Key key(byte @Nullable [] stored) {
    return stored == null ? null : StoredKey.read(stored);
  }

  private @Nullable Row row(byte @Nullable [] image) {
    if (image == null) {
      return null;
    }
    Bytes in = new Bytes(image);
    return Shapes.readRow(in, shapes.shape((int) in.readUnsigned()));
  }

  /** With what was none of its field's type, so that it is found again where nobody mends it. */
  private static @Nullable Row withUnfit(@Nullable Row row, List<Finding> findings) {
    if (row == null || findings.stream().noneMatch(DeadLetterTable::unfit)) {
      return row;
    }
    @Nullable Object[] values = row.copyValues();
    for (Finding finding : findings) {
      Integer position = row.schema().find(finding.field());
      if (unfit(finding) && position != null && values[position] == Unchanged.UNCHANGED) {
        values[position] = new Unfit(finding.shape());
      }
    }
    return new Row(row.schema(), values);
  }

  private static boolean unfit(Finding finding) {
    return finding.code().equals("value-unfit");
  }
}
