package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Writes runs of journal entries as blocks of bytes, compressed from some size on, and reads them
 * again. The content of a block can be appended to that of the one before it, which is how small
 * blocks become segments. For one thread.
 */
final class BlockCodec implements AutoCloseable {
  private static final int COMPRESS_FROM_BYTES = 512;

  /** DEFLATE makes of a byte no more than this (RFC 1951: 258 bytes of two bits). */
  private static final long LARGEST_RATIO = 1_032;

  private static final byte STORED = 1;
  private static final byte DEFLATED = 2;

  /** The number of each operation in a block: only ever added to. */
  private static final List<Operation> OPERATIONS =
      List.of(
          Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.READ, Operation.TRUNCATE);

  /** The number of each type in a key: only ever added to. */
  private static final List<ValueType> TYPES =
      List.of(
          ValueType.BOOLEAN,
          ValueType.LONG,
          ValueType.DECIMAL,
          ValueType.DOUBLE,
          ValueType.STRING,
          ValueType.BYTES,
          ValueType.DATE,
          ValueType.TIME,
          ValueType.TIMESTAMP,
          ValueType.UUID);

  private static final int HAS_KEY = 1;
  private static final int HAS_PREVIOUS_KEY = 2;
  private static final int HAS_ROW = 4;
  private static final int HAS_BEFORE = 8;

  private final Shapes shapes;
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
  private final Inflater inflater = new Inflater(true);
  private final Bytes content = new Bytes(1 << 16);

  BlockCodec(Shapes shapes) {
    this.shapes = shapes;
  }

  /** The entries as one block. */
  byte[] encode(List<JournalEntry> entries) {
    content.clear();
    Map<String, Integer> origins = new HashMap<>();
    for (JournalEntry entry : entries) {
      write(entry, origins);
    }
    return pack(content);
  }

  private void write(JournalEntry entry, Map<String, Integer> origins) {
    Key key = entry.key();
    Key previousKey = entry.previousKey();
    Row row = entry.row();
    Row before = entry.before();
    content.writeUnsigned(entry.sequence());
    content.writeUnsigned(shapes.current(entry.entity()));
    content.writeByte(OPERATIONS.indexOf(entry.operation()));
    content.writeByte(
        (key == null ? 0 : HAS_KEY)
            | (previousKey == null ? 0 : HAS_PREVIOUS_KEY)
            | (row == null ? 0 : HAS_ROW)
            | (before == null ? 0 : HAS_BEFORE));
    Instant time = entry.sourceTime();
    content.writeSigned(time.getEpochSecond());
    content.writeUnsigned(time.getNano());
    content.writeUnsigned(entry.position().commit());
    content.writeUnsigned(entry.position().ordinal());
    content.writeUnsigned(entry.transaction());
    // An origin is written out once per run and by its number after that; a run begins with 0.
    Integer known = origins.get(entry.origin());
    if (known == null) {
      content.writeUnsigned(origins.isEmpty() ? 0 : 1);
      content.writeText(entry.origin());
      origins.put(entry.origin(), origins.size() + 2);
    } else {
      content.writeUnsigned(known);
    }
    if (key != null) {
      writeKey(content, entry.entity(), key);
    }
    if (previousKey != null) {
      writeKey(content, entry.entity(), previousKey);
    }
    if (row != null) {
      Shapes.writeRow(content, row);
    }
    if (before != null) {
      Shapes.writeRow(content, before);
    }
  }

  static void writeKey(Bytes out, Entity entity, Key key) {
    out.writeUnsigned(key.size());
    for (int i = 0; i < key.size(); i++) {
      ValueType type = entity.schema().field(entity.schema().keyPosition(i)).type();
      out.writeByte(TYPES.indexOf(type));
      ValueCodec.write(out, type, key.part(i));
    }
  }

  /** A key of one number. */
  static void writeKey(Bytes out, long number) {
    out.writeUnsigned(1);
    out.writeByte(TYPES.indexOf(ValueType.LONG));
    ValueCodec.write(out, ValueType.LONG, number);
  }

  static Key readKey(Bytes in) {
    Object[] parts = new Object[in.readCount()];
    for (int i = 0; i < parts.length; i++) {
      Object part = ValueCodec.read(in, TYPES.get(in.readByte()));
      if (part == null) {
        throw new IllegalStateException("a key in the journal has an empty part");
      }
      parts[i] = part;
    }
    return new Key(parts);
  }

  /**
   * The entries of a block, without those of entities that the config has no longer.
   *
   * @throws UnisonoException journal-damaged
   */
  List<JournalEntry> decode(byte[] block) {
    try {
      return read(block);
    } catch (IllegalStateException
        | IllegalArgumentException
        | IndexOutOfBoundsException
        | ArithmeticException
        | DateTimeException damaged) {
      throw damaged(damaged);
    }
  }

  private static UnisonoException damaged(RuntimeException cause) {
    return new UnisonoException(
        new Problem(
            "journal-damaged",
            ProblemType.EXTERNAL,
            "A block of the journal is not as it was written: " + cause.getMessage() + ".",
            "state.folder",
            "Restore the state from a backup; what came since is made good by comparison."),
        cause);
  }

  private List<JournalEntry> read(byte[] block) {
    Bytes in = unpack(block);
    List<JournalEntry> entries = new ArrayList<>();
    List<String> origins = new ArrayList<>();
    while (!in.exhausted()) {
      JournalEntry entry = read(in, origins);
      if (entry != null) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private @Nullable JournalEntry read(Bytes in, List<String> origins) {
    final long sequence = in.readUnsigned();
    Shapes.Shape shape = shapes.shape((int) in.readUnsigned());
    final Operation operation = OPERATIONS.get(in.readByte());
    int has = in.readByte();
    long second = in.readSigned();
    final Instant sourceTime = Instant.ofEpochSecond(second, in.readUnsigned());
    long commit = in.readUnsigned();
    final Position position = new Position(commit, in.readUnsigned());
    final long transaction = in.readUnsigned();
    final String origin = readOrigin(in, origins);
    final Key key = (has & HAS_KEY) == 0 ? null : readKey(in);
    final Key previousKey = (has & HAS_PREVIOUS_KEY) == 0 ? null : readKey(in);
    final Row row = (has & HAS_ROW) == 0 ? null : Shapes.readRow(in, shape);
    final Row before = (has & HAS_BEFORE) == 0 ? null : Shapes.readRow(in, shape);
    Entity entity = shape.entity();
    return entity == null
        ? null
        : new JournalEntry(
            sequence,
            entity,
            operation,
            key,
            previousKey,
            row,
            before == null || before.partial() ? null : before,
            sourceTime,
            position,
            origin,
            transaction);
  }

  private static String readOrigin(Bytes in, List<String> origins) {
    int number = (int) in.readUnsigned();
    if (number >= 2) {
      return origins.get(number - 2);
    }
    if (number == 0) {
      origins.clear();
    }
    String origin = in.readText();
    origins.add(origin);
    return origin;
  }

  /** Makes one block of several that follow each other. */
  byte[] join(List<byte[]> blocks) {
    content.clear();
    for (byte[] block : blocks) {
      Bytes part = unpack(block);
      content.writeRaw(part.array(), part.size());
    }
    return pack(content);
  }

  private byte[] pack(Bytes plain) {
    Bytes out = new Bytes(Math.max(64, plain.size() / 2));
    if (plain.size() < COMPRESS_FROM_BYTES) {
      out.writeByte(STORED);
      out.writeRaw(plain.array(), plain.size());
      return out.toByteArray();
    }
    out.writeByte(DEFLATED);
    out.writeUnsigned(plain.size());
    deflater.reset();
    deflater.setInput(plain.array(), 0, plain.size());
    deflater.finish();
    byte[] chunk = new byte[1 << 16];
    while (!deflater.finished()) {
      out.writeRaw(chunk, deflater.deflate(chunk));
    }
    return out.toByteArray();
  }

  private Bytes unpack(byte[] block) {
    Bytes in = new Bytes(block);
    byte format = (byte) in.readByte();
    if (format == STORED) {
      return new Bytes(java.util.Arrays.copyOfRange(block, 1, block.length));
    }
    if (format != DEFLATED) {
      throw new IllegalStateException("no such block format: " + format);
    }
    long length = in.readUnsigned();
    int start = in.position();
    if (length < 0 || length > LARGEST_RATIO * (block.length - start)) {
      throw new IllegalStateException("a block cannot become so large: " + length);
    }
    byte[] plain = new byte[Math.toIntExact(length)];
    inflater.reset();
    inflater.setInput(block, start, block.length - start);
    try {
      int filled = 0;
      while (filled < plain.length) {
        int got = inflater.inflate(plain, filled, plain.length - filled);
        if (got == 0) {
          throw new IllegalStateException("a journal block ends too early");
        }
        filled += got;
      }
    } catch (DataFormatException damaged) {
      throw new IllegalStateException("a journal block is damaged", damaged);
    }
    return new Bytes(plain);
  }

  @Override
  public void close() {
    deflater.end();
    inflater.end();
  }
}
