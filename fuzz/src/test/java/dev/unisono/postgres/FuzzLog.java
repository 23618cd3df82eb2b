package dev.unisono.postgres;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Field;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Settings;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.ValueType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Messages of the log, one behind the other, each behind its length: read as a source reads them,
 * from streams of transactions to the rows of two tables, or refused.
 */
public final class FuzzLog {
  private static final Schema SCHEMA =
      new Schema(
          "e",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("tags", ValueType.ARRAY, ValueType.STRING, false)),
          List.of("id"));
  private static final List<String> COLUMNS = List.of("id", "name", "tags");
  private static final Database NOWHERE =
      new Database(
          "s", new Settings(Map.of("url", "jdbc:postgresql://127.0.0.1:1/n", "user", "u")));
  private static final int MOST_MESSAGES = 64;

  private FuzzLog() {}

  /** Takes what is read, and knows nothing. */
  private static final class Forgetting implements ChangeSink, LogReader.Ends {
    @Override
    public void accept(Batch batch) {
      // Nobody waits for it.
    }

    @Override
    public void progress(SourceProgress now) {
      // Nobody looks.
    }

    @Override
    public KnownKeys knownKeys() {
      return KnownKeys.NONE;
    }

    @Override
    public void put(long mark, long end) {
      // Nobody is told.
    }

    @Override
    public boolean allDurable() {
      return true;
    }
  }

  public static List<byte[]> seeds() {
    byte[] insert = insert(new byte[] {}, 1);
    byte[] streamed = insert(new byte[] {0, 0, 0, 9}, 2);
    byte[] begin = ByteBuffer.allocate(21).put((byte) 'B').putLong(50).putLong(7).putInt(3).array();
    byte[] commit =
        ByteBuffer.allocate(26)
            .put((byte) 'C')
            .put((byte) 0)
            .putLong(50)
            .putLong(60)
            .putLong(7)
            .array();
    byte[] start = ByteBuffer.allocate(6).put((byte) 'S').putInt(9).put((byte) 1).array();
    byte[] abort = ByteBuffer.allocate(9).put((byte) 'A').putInt(9).putInt(10).array();
    byte[] streamCommit =
        ByteBuffer.allocate(30)
            .put((byte) 'c')
            .putInt(9)
            .put((byte) 0)
            .putLong(70)
            .putLong(80)
            .putLong(9)
            .array();
    byte[] truncate =
        ByteBuffer.allocate(10).put((byte) 'T').putInt(1).put((byte) 0).putInt(1).array();
    byte[] prefix = "unisono-write\0".getBytes(StandardCharsets.UTF_8);
    byte[] message =
        ByteBuffer.allocate(17 + prefix.length)
            .put((byte) 'M')
            .put((byte) 1)
            .putLong(40)
            .put(prefix)
            .putInt(3)
            .put("i 7".getBytes(StandardCharsets.UTF_8))
            .array();
    byte[] update = tuple(tuple(new byte[] {'U', 0, 0, 0, 1}, 'O', "1"), 'N', "2");
    byte[] delete = tuple(new byte[] {'D', 0, 0, 0, 2}, 'K', "1");
    return List.of(
        framed(begin, insert, update, delete, truncate, message, commit),
        framed(start, streamed, "E".getBytes(StandardCharsets.UTF_8), abort, streamCommit),
        framed(relation(1, "t", "\0x"), begin, new byte[] {'Y'}, new byte[] {'O'}, commit));
  }

  private static byte[] insert(byte[] transaction, int relation) {
    byte[] head =
        ByteBuffer.allocate(5 + transaction.length)
            .put((byte) 'I')
            .put(transaction)
            .putInt(relation)
            .array();
    return tuple(head, 'N', "17");
  }

  private static byte[] tuple(byte[] head, char kind, String id) {
    byte[] tags = "{a,NULL,{\"b\\\"c\"}}".getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(head.length + 60);
    all.put(head).put((byte) kind).putShort((short) 3);
    all.put((byte) 't').putInt(id.length()).put(id.getBytes(StandardCharsets.UTF_8));
    all.put((byte) 'u').put((byte) 't').putInt(tags.length).put(tags);
    return java.util.Arrays.copyOf(all.array(), all.position());
  }

  private static byte[] relation(int number, String table, String more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 'R').putInt(number).array());
    out.writeBytes(("public\0" + table + "\0d").getBytes(StandardCharsets.UTF_8));
    out.writeBytes(ByteBuffer.allocate(2).putShort((short) COLUMNS.size()).array());
    for (String column : COLUMNS) {
      out.write(column.equals("id") ? 1 : 0);
      out.writeBytes((column + "\0").getBytes(StandardCharsets.UTF_8));
      out.writeBytes(ByteBuffer.allocate(8).putInt(FakeCatalog.type(column)).putInt(-1).array());
    }
    out.writeBytes(more.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  private static byte[] framed(byte[]... messages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] message : messages) {
      out.write(message.length >> 8);
      out.write(message.length);
      out.writeBytes(message);
    }
    return out.toByteArray();
  }

  public static void fuzzerTestOneInput(byte[] input) {
    try {
      LogStreams streams = streams();
      streams.take(ByteBuffer.wrap(relation(1, "t", "")));
      streams.take(ByteBuffer.wrap(relation(2, "u", "")));
      Seeds.refused(() -> takeAll(streams, ByteBuffer.wrap(input)));
    } catch (InterruptedException | SQLException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void takeAll(LogStreams streams, ByteBuffer input) {
    try {
      for (int i = 0; i < MOST_MESSAGES && input.remaining() > 2; i++) {
        byte[] message = new byte[Math.min(input.getShort() & 0xFFFF, input.remaining())];
        input.get(message);
        streams.take(ByteBuffer.wrap(message));
      }
    } catch (InterruptedException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A source of two tables: one whose rows are there already, one that is still to be read. */
  private static LogStreams streams() throws SQLException {
    List<SnapshotTable> tables = new ArrayList<>();
    tables.add(table(1, "t", Map.of(SnapshotTable.SNAPSHOT + "t", "done")));
    tables.add(table(2, "u", Map.of()));
    SchemaWatch watch = SchemaWatch.open(FakeCatalog.connection(), NOWHERE, "p", tables, Map.of());
    Forgetting nobody = new Forgetting();
    ReadLimits limits = new ReadLimits(3, 1_000, 100, 0, Duration.ofSeconds(10));
    Runnable nothing = () -> {};
    LogReader reader =
        new LogReader(
            "i", tables, new StreamState(0, 0, 0), nobody, nobody, watch, limits, nothing);
    reader.attach(
        new SideThread(
            NOWHERE,
            limits,
            tables,
            KnownKeys.NONE,
            new LinkedBlockingQueue<>(),
            false,
            nothing,
            nothing));
    TransactionSpool spool = new TransactionSpool("s", Path.of("/nonexistent"), 0);
    return new LogStreams(new LogMessages(reader), reader, spool, nothing);
  }

  private static SnapshotTable table(long relation, String name, Map<String, String> state) {
    Map<String, Table.Column> columns = new LinkedHashMap<>();
    for (String column : COLUMNS) {
      columns.put(
          column,
          new Table.Column(
              column, FakeCatalog.columnType(column), false, false, false, true, false, false));
    }
    Table table =
        new Table(
            relation,
            "public",
            name,
            columns,
            List.of(new Table.Identity("public." + name, 'r', false, List.of("id"))),
            'r',
            0);
    return new SnapshotTable(
        new Binding(name, SCHEMA, name, new ArrayList<>(COLUMNS), ""),
        table,
        state,
        KnownKeys.NONE);
  }
}
