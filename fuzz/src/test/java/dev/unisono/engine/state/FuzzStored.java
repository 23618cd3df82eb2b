package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Keys and rows as the state's tables have them: read, or said to be none. */
public final class FuzzStored {
  private static final Schema SCHEMA =
      new Schema(
          "e",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("a", ValueType.DECIMAL, false),
              new Field("b", ValueType.ARRAY, ValueType.STRING, false),
              new Field("c", ValueType.TIMESTAMP, false),
              new Field("d", ValueType.JSON, false)),
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
  private static final Shapes SHAPES = shapes();

  private FuzzStored() {}

  private static Shapes shapes() {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      StateFolder.createTables(connection);
      return Shapes.open(connection, List.of(ENTITY));
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  public static List<byte[]> seeds() {
    Bytes row = new Bytes(64);
    row.writeUnsigned(SHAPES.current(ENTITY));
    Shapes.writeRow(
        row,
        new Row(
            SCHEMA,
            new Object[] {
              1L,
              new BigDecimal("-1.5"),
              new Object[] {"x", null, new Object[] {"y"}},
              Instant.EPOCH,
              new Json("{}")
            }));
    return List.of(
        row.toByteArray(), StoredKey.write(ENTITY, new Key(7L)), StoredKey.write(1L << 40));
  }

  public static void fuzzerTestOneInput(byte[] input) {
    Seeds.refused(() -> StoredKey.read(input));
    Seeds.refused(() -> {
      Bytes in = new Bytes(input);
      Shapes.readRow(in, SHAPES.shape((int) in.readUnsigned()));
    });
  }
}
