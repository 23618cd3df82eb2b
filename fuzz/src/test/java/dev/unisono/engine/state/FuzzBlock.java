package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;

/** A block of the journal is read, or said to be damaged. */
public final class FuzzBlock {
  private static final Schema SCHEMA =
      new Schema(
          "e",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("a", ValueType.DECIMAL, false),
              new Field("b", ValueType.ARRAY, ValueType.STRING, false),
              new Field("c", ValueType.TIMESTAMP, false),
              new Field("d", ValueType.JSON, false),
              new Field("f", ValueType.DATE, false)),
          List.of("id"));
  private static final Entity ENTITY =
      new Entity(
          1,
          "es",
          SCHEMA,
          SCHEMA.fields().stream()
              .map(field -> new EntityField(field.name(), ValueType.LONG, false, false, "{}"))
              .toList(),
          Set.of(),
          true);
  private static final BlockCodec CODEC = codec();

  private FuzzBlock() {}

  private static BlockCodec codec() {
    try {
      Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
      StateFolder.createTables(connection);
      return new BlockCodec(Shapes.open(connection, List.of(ENTITY)));
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  public static List<byte[]> seeds() {
    Row row =
        new Row(
            SCHEMA,
            new Object[] {
              1L,
              new BigDecimal("12345678901234567890.5"),
              new Object[] {"x", null, new Object[] {"y"}},
              Instant.parse("2026-01-31T13:45:00.000001Z"),
              new Json("{\"a\":1}"),
              LocalDate.MAX
            });
    JournalEntry entry =
        new JournalEntry(
            7,
            ENTITY,
            Operation.UPDATE,
            new Key(1L),
            new Key(2L),
            row,
            row,
            Instant.EPOCH,
            new Position(1, 2),
            "crm",
            3);
    byte[] small = CODEC.encode(List.of(entry));
    byte[] large = CODEC.encode(java.util.Collections.nCopies(50, entry));
    return List.of(small, large);
  }

  public static void fuzzerTestOneInput(byte[] input) {
    try {
      CODEC.decode(input);
    } catch (UnisonoException damaged) {
      if (!damaged.problem().code().equals("journal-damaged")) {
        throw damaged;
      }
    }
  }
}
