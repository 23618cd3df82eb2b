package dev.unisono.engine.state;

import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BlockCodecTest {
  private static final Entity PERSON =
      entity(
          1,
          "person",
          List.of(
              "id LONG",
              "name STRING",
              "balance DECIMAL",
              "weight DOUBLE",
              "active BOOLEAN",
              "photo BYTES",
              "born DATE",
              "wakes TIME",
              "seen TIMESTAMP",
              "token UUID",
              "extra JSON"),
          List.of("id"));
  private static final Entity SEAT =
      entity(
          2,
          "seat",
          List.of("note STRING", "hall UUID", "price DECIMAL", "number LONG"),
          List.of("hall", "number", "price"));

  @TempDir Path temporary;
  private StateFolder folder;
  private BlockCodec codec;

  @BeforeEach
  void open() throws SQLException {
    folder = StateFolder.open(temporary, new MovableClock());
    codec = codec(List.of(PERSON, SEAT));
  }

  @AfterEach
  void close() {
    codec.close();
    folder.close();
  }

  private BlockCodec codec(List<Entity> entities) throws SQLException {
    try (Connection connection = folder.connectState()) {
      return new BlockCodec(Shapes.open(connection, entities));
    }
  }

  private static JournalEntry entry(
      long sequence, Operation operation, String origin, String name) {
    Row row =
        row(
            PERSON,
            sequence,
            name,
            new BigDecimal("12345678901234567890.1200"),
            Double.NEGATIVE_INFINITY,
            null,
            new byte[] {1, 0, -1},
            LocalDate.MAX,
            LocalTime.of(6, 30, 0, 1_000),
            Instant.MIN,
            new UUID(sequence, -sequence),
            new Json("{\"n\": " + sequence + "}"));
    return new JournalEntry(
        sequence,
        PERSON,
        operation,
        new Key(sequence),
        operation == Operation.UPDATE ? new Key(-sequence) : null,
        operation == Operation.DELETE ? null : row,
        operation == Operation.CREATE ? null : row,
        Instant.parse("1969-07-20T20:17:40.000001Z").plusSeconds(sequence),
        new Position(-sequence, sequence * 3),
        origin,
        sequence % 2 == 0 ? 0 : Long.MAX_VALUE - sequence);
  }

  private static List<JournalEntry> mixed() {
    UUID hall = UUID.fromString("0198c0de-0000-7000-8000-000000000001");
    Key seat = new Key(hall, 7L, new BigDecimal("1.50"));
    return List.of(
        entry(1, Operation.CREATE, "crm", "Ada"),
        entry(2, Operation.UPDATE, "shop", ""),
        entry(3, Operation.DELETE, "crm", "Äöü \uD83D\uDE00"),
        entry(4, Operation.READ, "third", "\u0000"),
        new JournalEntry(
            5,
            SEAT,
            Operation.UPDATE,
            seat,
            new Key(hall, 8L, Double.NaN),
            row(SEAT, Unchanged.UNCHANGED, hall, new BigDecimal("1.50"), 7L),
            null,
            Instant.EPOCH,
            new Position(Long.MIN_VALUE, 0),
            "shop",
            9),
        new JournalEntry(
            6,
            SEAT,
            Operation.TRUNCATE,
            null,
            null,
            null,
            null,
            Instant.EPOCH,
            new Position(0, Long.MAX_VALUE),
            "shop",
            0));
  }

  @Test
  void readsBackEveryKindOfEntryAsItWas() {
    assertEquals(texts(mixed()), texts(codec.decode(codec.encode(mixed()))));
  }

  @Test
  void readsBackTheBytesOfAKeyAndARow() {
    JournalEntry read = codec.decode(codec.encode(mixed())).getFirst();
    assertEquals(new Key(1L), read.key());
    Row row = read.row();
    assertTrue(row != null && Arrays.equals(new byte[] {1, 0, -1}, (byte[]) row.value("photo")));
  }

  @Test
  void readsBackALargeBlockThatIsSmallerThanItsContent() {
    List<JournalEntry> entries = new ArrayList<>();
    for (int i = 1; i <= 3_000; i++) {
      entries.add(entry(i, i % 4 == 0 ? Operation.DELETE : Operation.READ, "crm", "name " + i));
    }
    byte[] block = codec.encode(entries);
    assertEquals(texts(entries), texts(codec.decode(block)));
    assertTrue(block.length < 3_000 * 60, block.length + " bytes");
  }

  @Test
  void joinedBlocksReadAsTheyDidOneByOne() {
    List<JournalEntry> large = new ArrayList<>();
    for (int i = 100; i < 400; i++) {
      large.add(entry(i, Operation.CREATE, i % 3 == 0 ? "shop" : "crm", "name " + i));
    }
    List<JournalEntry> last = List.of(entry(400, Operation.DELETE, "new", ""));
    byte[] joined =
        codec.join(List.of(codec.encode(mixed()), codec.encode(large), codec.encode(last)));
    List<String> expected = new ArrayList<>(texts(mixed()));
    expected.addAll(texts(large));
    expected.addAll(texts(last));
    assertEquals(expected, texts(codec.decode(joined)));
    assertEquals(expected, texts(codec.decode(codec.join(List.of(joined)))));
  }

  @Test
  void passesOverEntitiesThatAreGoneAndReadsWhatFollowsThem() throws SQLException {
    byte[] block = codec.encode(mixed());
    try (BlockCodec later = codec(List.of(SEAT))) {
      assertEquals(texts(mixed().subList(4, 6)), texts(later.decode(block)));
    }
    try (BlockCodec later = codec(List.of())) {
      assertEquals(List.of(), later.decode(block));
    }
  }

  @Test
  void tellsABlockThatWasCutOff() {
    List<JournalEntry> entries = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      entries.add(entry(i, Operation.CREATE, "crm", "name " + i));
    }
    byte[] block = codec.encode(entries);
    byte[] cut = Arrays.copyOf(block, block.length - 40);
    assertDamaged(cut);
    assertDamaged(new byte[] {77, 1, 2});
    // Of two gigabytes once it were unpacked; with more elements than there are bytes.
    assertDamaged(new byte[] {2, -1, -1, -1, -1, 7, 0});
    assertDamaged(new byte[] {1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, 7});
    assertDamaged(new byte[] {});
  }

  @Test
  void theNumberOfAnOperationAndATypeNeverChanges() {
    Entity small = entity(3, "small", List.of("id STRING"), List.of("id"));
    JournalEntry delete =
        new JournalEntry(
            1,
            small,
            Operation.DELETE,
            new Key("k"),
            null,
            null,
            null,
            Instant.EPOCH,
            new Position(0, 0),
            "o",
            0);
    byte[] block;
    try (Connection connection = folder.connectState();
        BlockCodec fresh = new BlockCodec(Shapes.open(connection, List.of(small)))) {
      block = fresh.encode(List.of(delete));
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
    // Stored; sequence 1, shape 3, DELETE, key only, time 0.0, position 0.0, transaction 0, origin
    // "o", one key part of type STRING, plain, "k".
    assertEquals(
        "[1, 1, 3, 2, 1, 0, 0, 0, 0, 0, 0, 1, 111, 1, 4, 2, 1, 107]", Arrays.toString(block));
  }

  private void assertDamaged(byte[] block) {
    assertEquals(
        "journal-damaged",
        assertThrows(UnisonoException.class, () -> codec.decode(block)).problem().code());
  }
}
