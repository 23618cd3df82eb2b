package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every shape that rows of the configured entities ever had in this state, so that what was written
 * under an earlier config is still read: a field that was not there then is UNCHANGED, one that is
 * gone is passed over. Filled when the state is opened; safe for threads afterwards.
 */
public final class Shapes {
  /**
   * How rows of one number were written: the types of their fields, and for each its position in
   * the entity's schema of today, -1 where there is none. Immutable.
   */
  public static final class Shape {
    private final @Nullable Entity entity;
    private final ValueType[] types;

    /** The types of arrays' elements; null for fields of single values. */
    private final @Nullable ValueType[] items;

    private final int[] positions;

    private Shape(
        @Nullable Entity entity, ValueType[] types, @Nullable ValueType[] items, int[] positions) {
      this.entity = entity;
      this.types = types;
      this.items = items;
      this.positions = positions;
    }

    @Nullable Entity entity() {
      return entity;
    }

    /** How many fields it has. */
    public int size() {
      return types.length;
    }

    /** Where a field of it is in the entity's schema of today; -1 where it is gone. */
    public int position(int field) {
      return positions[field];
    }
  }

  private final Map<Integer, Shape> shapes = new HashMap<>();
  private final Map<Integer, Integer> currentByEntity = new HashMap<>();

  /** Reads what is known and adds the shape of each entity of today. */
  public static Shapes open(Connection connection, List<Entity> entities) throws SQLException {
    Shapes shapes = new Shapes();
    Map<Integer, Entity> byId = new HashMap<>();
    entities.forEach(entity -> byId.put(entity.id(), entity));
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id, entity, fields FROM shape")) {
      while (rows.next()) {
        Entity entity = byId.get(rows.getInt(2));
        String fields = rows.getString(3);
        shapes.add(rows.getInt(1), entity, fields);
        if (entity != null && fields.equals(describe(entity.schema()))) {
          shapes.currentByEntity.put(entity.id(), rows.getInt(1));
        }
      }
    }
    for (Entity entity : entities) {
      if (!shapes.currentByEntity.containsKey(entity.id())) {
        shapes.insert(connection, entity);
      }
    }
    return shapes;
  }

  private void insert(Connection connection, Entity entity) throws SQLException {
    int id = shapes.keySet().stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO shape (id, entity, fields) VALUES (?, ?, ?)")) {
      insert.setInt(1, id);
      insert.setInt(2, entity.id());
      insert.setString(3, describe(entity.schema()));
      insert.executeUpdate();
    }
    add(id, entity, describe(entity.schema()));
    currentByEntity.put(entity.id(), id);
  }

  private void add(int id, @Nullable Entity entity, String description) {
    String[] lines = description.split("\n", -1);
    ValueType[] types = new ValueType[lines.length];
    @Nullable ValueType[] items = new @Nullable ValueType[lines.length];
    int[] positions = new int[lines.length];
    for (int i = 0; i < lines.length; i++) {
      int space = lines[i].indexOf(' ');
      String type = lines[i].substring(0, space);
      int of = type.indexOf('/');
      types[i] = ValueType.valueOf(of < 0 ? type : type.substring(0, of));
      items[i] = of < 0 ? null : ValueType.valueOf(type.substring(of + 1));
      Integer now = entity == null ? null : entity.schema().find(lines[i].substring(space + 1));
      boolean readable =
          entity != null && now != null && describe(entity.schema().field(now)).equals(type);
      positions[i] = readable && now != null ? now : -1;
    }
    shapes.put(id, new Shape(entity, types, items, positions));
  }

  private static String describe(Schema schema) {
    List<String> lines = new ArrayList<>();
    for (Field field : schema.fields()) {
      lines.add(describe(field) + " " + field.name());
    }
    return String.join("\n", lines);
  }

  private static String describe(Field field) {
    return field.items() == null ? field.type().name() : field.type() + "/" + field.items();
  }

  public int current(Entity entity) {
    Integer id = currentByEntity.get(entity.id());
    if (id == null) {
      throw new IllegalStateException("no shape for " + entity.name());
    }
    return id;
  }

  public Shape shape(int id) {
    Shape shape = shapes.get(id);
    if (shape == null) {
      throw new IllegalStateException("the state names a shape it does not hold: " + id);
    }
    return shape;
  }

  /** Writes a row of an entity's present schema; the shape's number is not part of it. */
  public static void writeRow(Bytes out, Row row) {
    Schema schema = row.schema();
    for (int i = 0; i < schema.size(); i++) {
      ValueCodec.write(out, schema.field(i), row.value(i));
    }
  }

  /** Reads a row as it was written and gives it today's schema; null where the entity is gone. */
  public static @Nullable Row readRow(Bytes in, Shape shape) {
    Entity entity = shape.entity();
    @Nullable Object[] values = new @Nullable Object[entity == null ? 0 : entity.schema().size()];
    java.util.Arrays.fill(values, Unchanged.UNCHANGED);
    for (int i = 0; i < shape.types.length; i++) {
      Object value = ValueCodec.read(in, shape.types[i], shape.items[i]);
      if (shape.positions[i] >= 0) {
        values[shape.positions[i]] = value;
      }
    }
    return entity == null ? null : new Row(entity.schema(), values);
  }
}
