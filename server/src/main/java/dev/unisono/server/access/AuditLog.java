package dev.unisono.server.access;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.Context;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Who did what, in a database of its own that is only ever added to. Each entry has the hash of the
 * one before and of itself, so that one that was changed or taken out is found. One thread writes,
 * many entries in one transaction while the next ones gather. Safe for threads.
 */
public final class AuditLog implements Audit, AutoCloseable {
  static final String FILE = "audit.db";

  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
  private static final int MOST_IN_LINE = 10_000;
  private static final int MOST_AT_ONCE = 1_000;
  private static final int LONGEST_TEXT = 2_000;

  /** How long one waits whose doing shall not be answered before it is written down. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSING = Duration.ofSeconds(10);

  private final Path file;
  private final Connection connection;
  private final InstantSource clock;
  private final BlockingQueue<Waiting> line = new ArrayBlockingQueue<>(MOST_IN_LINE);

  /** Of those for which there was no room: how many, by kind. */
  private final Map<Kind, LongAdder> missed = new ConcurrentHashMap<>();

  private final Thread thread;

  /** Of the writing thread alone. */
  private long sequence;

  private byte[] head;

  private record Waiting(Instant time, Event event, CountDownLatch written) {}

  /**
   * An entry as it is kept.
   *
   * @param json the event, its number and its time
   * @param hash in hexadecimal digits, over the hash before and the JSON
   */
  public record Entry(long sequence, String json, String hash) {}

  /**
   * What a walk through all entries has found.
   *
   * @param entries how many are whole
   * @param head the hash of the last of them, in hexadecimal digits
   * @param broken the first that is not; null where all are
   */
  public record Verified(long entries, String head, @Nullable Broken broken) {}

  /**
   * An entry that is not as it was written.
   *
   * @param why a sentence for people
   */
  public record Broken(long sequence, String why) {}

  private AuditLog(Path file, Connection connection, InstantSource clock) throws SQLException {
    this.file = file;
    this.connection = connection;
    this.clock = clock;
    this.head = new byte[Secrets.HASH_BYTES];
    try (Statement statement = connection.createStatement();
        ResultSet last =
            statement.executeQuery(
                "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")) {
      if (last.next()) {
        this.sequence = last.getLong(1);
        this.head = last.getBytes(2);
      }
    }
    this.thread = Thread.ofPlatform().name("audit").daemon().unstarted(this::run);
  }

  /**
   * Opens it, and makes it where there is none.
   *
   * @throws UnisonoException state-failed
   */
  public static AuditLog open(Path folder, InstantSource clock) {
    Path file = folder.resolve(FILE);
    try {
      PrivateFiles.make(file);
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA busy_timeout = 10000");
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = FULL");
        for (String each : DEFINITION) {
          statement.execute(each);
        }
        AuditLog log = new AuditLog(file, connection, clock);
        log.thread.start();
        return log;
      } catch (SQLException failed) {
        connection.close();
        throw failed;
      }
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** What is found by is told from the text that is hashed, so that there are no two truths. */
  private static final List<String> DEFINITION =
      List.of(
          """
          CREATE TABLE IF NOT EXISTS audit (
            sequence INTEGER PRIMARY KEY,
            entry TEXT NOT NULL,
            hash BLOB NOT NULL,
            kind TEXT GENERATED ALWAYS AS (json_extract(entry, '$.kind')) VIRTUAL,
            actor TEXT GENERATED ALWAYS AS (json_extract(entry, '$.actor')) VIRTUAL)\
          """,
          "CREATE INDEX IF NOT EXISTS audit_kind ON audit (kind, sequence)",
          "CREATE INDEX IF NOT EXISTS audit_actor ON audit (actor, sequence)",
          """
          CREATE TRIGGER IF NOT EXISTS audit_unchanged BEFORE UPDATE ON audit
          BEGIN SELECT RAISE(ABORT, 'what was written down stays as it is'); END\
          """,
          """
          CREATE TRIGGER IF NOT EXISTS audit_whole BEFORE DELETE ON audit
          BEGIN SELECT RAISE(ABORT, 'what was written down stays'); END\
          """);

  private static UnisonoException failure(SQLException failed) {
    return new UnisonoException(
        new Problem(
            "state-failed",
            ProblemType.RESOURCES,
            "The audit cannot be read or written: " + failed.getMessage() + ".",
            "state.folder",
            "Look at the disk: is it full, or was " + FILE + " damaged?"),
        failed);
  }

  /**
   * Hands an event in. Whoever changes who may do what goes on once that is on the disk; others do
   * at once. Event loops never wait.
   */
  @Override
  public void tell(Event event) {
    Waiting waiting = new Waiting(clock.instant(), event, new CountDownLatch(1));
    boolean mayWait = !Context.isOnEventLoopThread() && Thread.currentThread() != thread;
    try {
      boolean taken =
          line.offer(waiting)
              || (mayWait
                  && event.kind() != Kind.DENIAL
                  && line.offer(waiting, PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
      if (!taken) {
        missed.computeIfAbsent(event.kind(), _ -> new LongAdder()).increment();
      } else if (mayWait && event.kind() == Kind.ACCESS) {
        var _ = waiting.written().await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    List<Waiting> some = new ArrayList<>();
    try {
      while (true) {
        some.add(line.take());
        line.drainTo(some, MOST_AT_ONCE - 1);
        while (!written(some)) {
          // They wait, and so do those in line: none is let go while there is room.
          TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        }
        some.clear();
      }
    } catch (InterruptedException stop) {
      line.drainTo(some);
      var _ = written(some);
    }
  }

  private boolean written(List<Waiting> some) {
    Map<Kind, Long> unheard = new TreeMap<>();
    missed.forEach((kind, count) -> {
      long many = count.sumThenReset();
      if (many > 0) {
        unheard.put(kind, many);
      }
    });
    long sequenceBefore = sequence;
    byte[] headBefore = head;
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO audit (sequence, entry, hash) VALUES (?, ?, ?)")) {
        for (Waiting each : some) {
          add(insert, each.time(), each.event());
        }
        for (Map.Entry<Kind, Long> each : unheard.entrySet()) {
          add(insert, clock.instant(), missed(each.getKey(), each.getValue()));
        }
        statement.execute("COMMIT");
      } catch (SQLException failed) {
        statement.execute("ROLLBACK");
        throw failed;
      }
    } catch (SQLException failed) {
      sequence = sequenceBefore;
      head = headBefore;
      unheard.forEach((kind, many) -> missed.computeIfAbsent(kind, _ -> new LongAdder()).add(many));
      LOG.log(System.Logger.Level.ERROR, failure(failed).problem().toString());
      return false;
    }
    some.forEach(each -> each.written().countDown());
    return true;
  }

  private static Event missed(Kind kind, long many) {
    return new Event(
        kind,
        "",
        "many",
        "",
        false,
        many + " more were not written down one by one: too many came at once.",
        null);
  }

  private void add(PreparedStatement insert, Instant time, Event event) throws SQLException {
    String json = json(sequence + 1, time, event);
    byte[] hash = chained(head, json);
    insert.setLong(1, sequence + 1);
    insert.setString(2, json);
    insert.setBytes(3, hash);
    insert.executeUpdate();
    sequence++;
    head = hash;
  }

  private static byte[] chained(byte[] before, String json) {
    MessageDigest digest = Secrets.sha256();
    digest.update(before);
    return digest.digest(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Always the same text for the same event: its members in this order, nothing between them. */
  private static String json(long sequence, Instant time, Event event) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      json.writeNumberField("sequence", sequence);
      json.writeStringField("time", EntityJson.time(time));
      json.writeStringField("kind", event.kind().label());
      json.writeStringField("actor", kept(event.actor()));
      json.writeStringField("action", kept(event.action()));
      json.writeStringField("subject", kept(event.subject()));
      json.writeBooleanField("allowed", event.allowed());
      json.writeStringField("detail", kept(event.detail()));
      json.writeStringField("address", event.address());
      json.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString();
  }

  /** What callers sent may be long, and hold halves of characters, which have no UTF-8. */
  private static String kept(String text) {
    String some = text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) + "…" : text;
    return new String(some.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  /**
   * Some entries, the newest first.
   *
   * @param before those before this number; 0 for the newest there are
   * @param kind of this kind alone; null for any
   * @param actor of this caller alone; null for any
   */
  public List<Entry> list(long before, int limit, @Nullable Kind kind, @Nullable String actor) {
    String sql =
        "SELECT sequence, entry, hash FROM audit WHERE sequence < ?"
            + (kind == null ? "" : " AND kind = ?")
            + (actor == null ? "" : " AND actor = ?")
            + " ORDER BY sequence DESC LIMIT ?";
    try (Connection reading = reading();
        PreparedStatement select = reading.prepareStatement(sql)) {
      int next = 1;
      select.setLong(next++, before == 0 ? Long.MAX_VALUE : before);
      if (kind != null) {
        select.setString(next++, kind.label());
      }
      if (actor != null) {
        select.setString(next++, actor);
      }
      select.setInt(next, limit);
      List<Entry> found = new ArrayList<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          found.add(
              new Entry(
                  row.getLong(1), row.getString(2), HexFormat.of().formatHex(row.getBytes(3))));
        }
      }
      return found;
    } catch (SQLException failed) {
      throw failure(failed);
    }
  }

  /** One of its own, so that nobody who reads keeps the writer waiting. */
  private Connection reading() throws SQLException {
    Connection reading = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = reading.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      statement.execute("PRAGMA query_only = 1");
    }
    return reading;
  }

  /** Walks through all entries, and finds the first that is not as it was written. */
  public Verified verify() {
    long entries = 0;
    byte[] last = new byte[Secrets.HASH_BYTES];
    try (Connection reading = reading();
        Statement statement = reading.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT sequence, entry, hash FROM audit ORDER BY sequence")) {
      while (row.next()) {
        long number = row.getLong(1);
        if (number != entries + 1) {
          return broken(entries, last, entries + 1, "It is not there.");
        }
        byte[] hash = row.getBytes(3);
        if (!MessageDigest.isEqual(chained(last, row.getString(2)), hash)) {
          return broken(entries, last, number, "Its hash is not that of its text.");
        }
        entries = number;
        last = hash;
      }
    } catch (SQLException unreadable) {
      return broken(entries, last, entries + 1, "It cannot be read: " + unreadable.getMessage());
    }
    return new Verified(entries, HexFormat.of().formatHex(last), null);
  }

  private static Verified broken(long whole, byte[] head, long sequence, String why) {
    return new Verified(whole, HexFormat.of().formatHex(head), new Broken(sequence, why));
  }

  /** Writes down what is in line. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(CLOSING);
      connection.close();
    } catch (SQLException failed) {
      throw failure(failed);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
