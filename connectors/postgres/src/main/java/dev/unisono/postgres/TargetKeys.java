package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.ValueType;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Pages of the keys that a target's table holds, in its own order. Has no state. */
final class TargetKeys {
  private TargetKeys() {}

  /**
   * One page.
   *
   * @param after the texts of the last key of the page before, encoded; null for the first page
   */
  static KeyPage read(Connection connection, Binding binding, @Nullable String after, int limit)
      throws SQLException {
    Table table =
        Table.find(connection, binding.table())
            .orElseThrow(() -> new SQLException("there is no table " + binding.table(), "42P01"));
    List<String> columns = Table.keyColumns(binding);
    String names =
        columns.stream()
            .map(column -> "t." + Database.quote(column))
            .collect(Collectors.joining(", "));
    // A cast takes the padding off a char(n): so the key is as the source's own column has it.
    String texts =
        columns.stream()
            .map(column -> "t." + Database.quote(column) + "::text")
            .collect(Collectors.joining(", "));
    String places =
        columns.stream()
            .map(column -> "?::" + table.column(column).type().sqlName())
            .collect(Collectors.joining(", "));
    String query =
        "SELECT "
            + texts
            + " FROM "
            + table.sqlName()
            + " t"
            + (after == null ? "" : " WHERE (" + names + ") > (" + places + ")")
            + " ORDER BY "
            + names
            + " LIMIT ?";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      if (after != null) {
        for (String part : after.split(" ", -1)) {
          select.setString(parameter++, URLDecoder.decode(part, StandardCharsets.UTF_8));
        }
      }
      select.setInt(parameter, limit);
      List<Key> keys = new ArrayList<>();
      String[] last = new String[columns.size()];
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.add(key(binding, row, last));
        }
      }
      return new KeyPage(List.copyOf(keys), keys.size() < limit ? null : encode(last));
    }
  }

  private static Key key(Binding binding, ResultSet row, String[] texts) throws SQLException {
    Object[] parts = new Object[texts.length];
    for (int i = 0; i < parts.length; i++) {
      texts[i] = row.getString(i + 1);
      byte[] bytes = texts[i].getBytes(StandardCharsets.UTF_8);
      ValueType type = binding.schema().field(binding.schema().keyPosition(i)).type();
      parts[i] = TextValue.read(type, bytes, 0, bytes.length);
    }
    return new Key(parts);
  }

  private static String encode(String[] texts) {
    return Arrays.stream(texts)
        .map(text -> URLEncoder.encode(text, StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }
}
