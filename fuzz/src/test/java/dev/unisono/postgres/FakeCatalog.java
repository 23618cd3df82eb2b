package dev.unisono.postgres;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A catalog in which every table has the same three columns: as much of a connection as {@link
 * SchemaWatch} asks for. For one thread.
 */
final class FakeCatalog {
  private static final int BIGINT = 20;
  private static final int TEXT = 25;
  private static final int TEXT_ARRAY = 1009;

  private static final List<List<Object>> COLUMNS =
      List.of(
          List.of(1L, 1, "id", (long) BIGINT, -1, "bigint", false, false, 3),
          List.of(1L, 2, "name", (long) TEXT, -1, "text", false, false, 3),
          List.of(1L, 3, "tags", (long) TEXT_ARRAY, -1, "text[]", false, false, 3));

  private FakeCatalog() {}

  static int type(String column) {
    return switch (column) {
      case "id" -> BIGINT;
      case "name" -> TEXT;
      default -> TEXT_ARRAY;
    };
  }

  static ColumnType columnType(String column) {
    return switch (column) {
      case "id" -> plain("int8");
      case "name" -> plain("text");
      default ->
          new ColumnType("pg_catalog", "_text", "text[]", 'b', plain("text"), ',', true, false);
    };
  }

  private static ColumnType plain(String name) {
    return new ColumnType("pg_catalog", name, name, 'b', null, ',', true, true);
  }

  static Connection connection() {
    return (Connection)
        Proxy.newProxyInstance(
            FakeCatalog.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "prepareStatement" -> statement(String.valueOf(arguments[0]));
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static PreparedStatement statement(String query) {
    long[] asked = new long[1];
    return (PreparedStatement)
        Proxy.newProxyInstance(
            FakeCatalog.class.getClassLoader(),
            new Class<?>[] {PreparedStatement.class},
            (_, method, arguments) -> {
              switch (method.getName()) {
                case "setLong" -> asked[0] = (Long) arguments[1];
                case "executeQuery" -> {
                  return rows(query.contains("pg_attribute") ? COLUMNS : type(asked[0]));
                }
                case "close" -> {
                  // There is nothing open.
                }
                default -> throw new UnsupportedOperationException(method.getName());
              }
              return null;
            });
  }

  private static List<List<Object>> type(long number) {
    String name = number == BIGINT ? "int8" : number == TEXT ? "text" : "_text";
    long element = number == TEXT_ARRAY ? TEXT : 0;
    return List.of(List.of("pg_catalog", name, name, "b", 0L, element, ",", true, true));
  }

  private static ResultSet rows(List<List<Object>> rows) {
    Iterator<List<Object>> left = rows.iterator();
    @Nullable List<Object>[] row = newRow();
    return (ResultSet)
        Proxy.newProxyInstance(
            FakeCatalog.class.getClassLoader(),
            new Class<?>[] {ResultSet.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "next" -> {
                    row[0] = left.hasNext() ? left.next() : null;
                    yield row[0] != null;
                  }
                  case "getLong", "getInt", "getString", "getBoolean" ->
                      java.util.Objects.requireNonNull(row[0]).get((Integer) arguments[0] - 1);
                  case "close" -> null;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static @Nullable List<Object>[] newRow() {
    return new List[1];
  }
}
