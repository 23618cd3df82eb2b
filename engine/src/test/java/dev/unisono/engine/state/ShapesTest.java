package dev.unisono.engine.state;

import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.spi.Row;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShapesTest {
  private static final List<String> FIELDS = List.of("id LONG", "name STRING", "age LONG");

  @TempDir Path temporary;
  private StateFolder folder;

  @BeforeEach
  void open() {
    folder = StateFolder.open(temporary, new MovableClock());
  }

  @AfterEach
  void close() {
    folder.close();
  }

  private static Entity person(String... fields) {
    return entity(1, "person", List.of(fields), List.of("id"));
  }

  private Shapes shapes(Entity... entities) throws SQLException {
    try (Connection connection = folder.connectState()) {
      return Shapes.open(connection, List.of(entities));
    }
  }

  /** Writes a row of {@link #FIELDS} under one config and reads it under another. */
  private @Nullable Row readAs(Entity... later) throws SQLException {
    Entity before = person(FIELDS.toArray(new String[0]));
    Bytes bytes = new Bytes(16);
    bytes.writeUnsigned(shapes(before).current(before));
    Shapes.writeRow(bytes, row(before, 7L, "Ada", 36L));
    bytes.writeText("what follows");
    Bytes in = new Bytes(bytes.toByteArray());
    Row row = Shapes.readRow(in, shapes(later).shape((int) in.readUnsigned()));
    assertEquals("what follows", in.readText());
    return row;
  }

  @Test
  void readsARowAsItWasUnderTheSameConfig() throws SQLException {
    Entity same = person(FIELDS.toArray(new String[0]));
    Row row = readAs(same);
    assertEquals("[7, Ada, 36]", text(row));
    assertTrue(row != null);
    assertSame(same.schema(), row.schema());
  }

  @Test
  void aFieldAddedSinceIsUnchangedAndNotNull() throws SQLException {
    assertEquals(
        "[7, Ada, UNCHANGED, 36]",
        text(readAs(person("id LONG", "name STRING", "mail STRING", "age LONG"))));
  }

  @Test
  void aFieldRemovedSinceIsPassedOver() throws SQLException {
    assertEquals("[7, 36]", text(readAs(person("id LONG", "age LONG"))));
  }

  @Test
  void aFieldOfAnotherTypeSinceIsUnchanged() throws SQLException {
    assertEquals("[7, UNCHANGED, 36]", text(readAs(person("id LONG", "name JSON", "age LONG"))));
  }

  @Test
  void fieldsInAnotherOrderFindTheirPlaces() throws SQLException {
    assertEquals("[36, Ada, 7]", text(readAs(person("age LONG", "name STRING", "id LONG"))));
  }

  @Test
  void rowsOfAnEntityThatIsGoneArePassedOver() throws SQLException {
    assertNull(readAs(entity(2, "seat", List.of("id LONG"), List.of("id"))));
  }

  @Test
  void aShapeKeepsItsNumberAndAnotherGetsAnother() throws SQLException {
    Entity first = person("id LONG");
    Entity second = person("id LONG", "name STRING");
    int number = shapes(first).current(first);
    assertNotEquals(number, shapes(second).current(second));
    assertEquals(number, shapes(first).current(first));
  }

  @Test
  void equalFieldsOfTwoEntitiesAreTwoShapes() throws SQLException {
    Entity person = person("id LONG");
    Entity seat = entity(2, "seat", List.of("id LONG"), List.of("id"));
    Shapes shapes = shapes(person, seat);
    assertNotEquals(shapes.current(person), shapes.current(seat));
  }

  @Test
  void fieldNamesMayHoldSpacesAndQuotes() throws SQLException {
    Entity odd = person("id LONG", "the name' \"of\" it STRING");
    Bytes bytes = new Bytes(16);
    Shapes.writeRow(bytes, row(odd, 1L, "x"));
    shapes(odd);
    Shapes again = shapes(odd);
    assertEquals("[1, x]", text(Shapes.readRow(bytes, again.shape(again.current(odd)))));
  }

  @Test
  void anArrayOfOtherItemsSinceIsUnchanged() throws SQLException {
    Entity before = person("id LONG", "marks ARRAY/LONG", "name STRING");
    Bytes bytes = new Bytes(16);
    bytes.writeUnsigned(shapes(before).current(before));
    Object[] marks = {1L, null, new Object[] {2L}};
    Shapes.writeRow(bytes, row(before, 7L, marks, "Ada"));
    Bytes in = new Bytes(bytes.toByteArray());
    Entity after = person("id LONG", "marks ARRAY/STRING", "name STRING");
    Row row = Shapes.readRow(in, shapes(after).shape((int) in.readUnsigned()));
    assertEquals("[7, UNCHANGED, Ada]", text(row));
    Bytes again = new Bytes(bytes.toByteArray());
    Row same = Shapes.readRow(again, shapes(before).shape((int) again.readUnsigned()));
    assertTrue(same != null && Arrays.deepEquals(marks, (Object[]) same.value("marks")));
  }

  @Test
  void tellsAShapeThatTheStateDoesNotHold() throws SQLException {
    Shapes shapes = shapes(person("id LONG"));
    assertThrows(IllegalStateException.class, () -> shapes.shape(99));
    assertThrows(IllegalStateException.class, () -> shapes.current(unknown()));
  }

  private static Entity unknown() {
    return entity(9, "unknown", List.of("id DECIMAL"), List.of("id"));
  }

  @Test
  void decimalsKeepTheirScaleInRows() throws SQLException {
    Entity price = entity(4, "price", List.of("id LONG", "amount DECIMAL"), List.of("id"));
    Shapes shapes = shapes(price);
    Bytes bytes = new Bytes(16);
    Shapes.writeRow(bytes, row(price, 1L, new BigDecimal("1.500")));
    assertEquals("[1, 1.500]", text(Shapes.readRow(bytes, shapes.shape(shapes.current(price)))));
  }
}
