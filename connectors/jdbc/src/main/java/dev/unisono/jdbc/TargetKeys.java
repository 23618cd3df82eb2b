package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Pages of the keys that a table holds, in its own order. For one thread. */
final class TargetKeys {
  private final Database database;
  private final Binding binding;

  TargetKeys(Database database, Binding binding) {
    this.database = database;
    this.binding = binding;
  }

  /**
   * One page.
   *
   * @param after the last key of the page before, as text; null for the first page
   */
  KeyPage read(Connection connection, @Nullable String after, int limit) throws SQLException {
    Dialect dialect = database.dialect();
    Table table =
        dialect
            .find(connection, binding.table())
            .orElseThrow(() -> new SQLException("there is no table " + binding.table()));
    String selected =
        Table.keyColumns(binding).stream()
            .map(name -> Objects.requireNonNull(table.columns().get(name), "a column of the key"))
            .map(dialect::selected)
            .collect(Collectors.joining(", "));
    String columns =
        Table.keyColumns(binding).stream().map(dialect::quote).collect(Collectors.joining(", "));
    int parts = binding.schema().keySize();
    String query =
        "SELECT "
            + selected
            + " FROM "
            + table.sqlName()
            + (after == null
                ? ""
                : " WHERE ("
                    + columns
                    + ") > ("
                    + String.join(", ", Collections.nCopies(parts, "?"))
                    + ")")
            + " ORDER BY "
            + columns
            + " LIMIT ?";
    List<Key> keys = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      if (after != null) {
        Key last = key(binding, after);
        for (int part = 0; part < parts; part++) {
          dialect.bind(select, parameter++, type(binding, part), last.part(part));
        }
      }
      select.setInt(parameter, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.add(key(row, parts));
        }
      }
    }
    return new KeyPage(List.copyOf(keys), keys.size() < limit ? null : text(keys.getLast()));
  }

  private Key key(ResultSet row, int parts) throws SQLException {
    Object[] values = new Object[parts];
    for (int part = 0; part < parts; part++) {
      try {
        Object value = database.dialect().read(row, part + 1, type(binding, part));
        if (value == null) {
          throw new IllegalArgumentException("null");
        }
        values[part] = value;
      } catch (IllegalArgumentException unfit) {
        throw new UnisonoException(
            new Problem(
                "value-unfit",
                ProblemType.EXTERNAL,
                "A row of "
                    + binding.table()
                    + " in "
                    + database.system()
                    + " has "
                    + unfit.getMessage()
                    + " in its key, which is no "
                    + type(binding, part)
                    + ".",
                binding.configPath(),
                "Correct or delete the row; it is tried again by itself."),
            unfit);
      }
    }
    return new Key(values);
  }

  private static ValueType type(Binding binding, int part) {
    return binding.schema().field(binding.schema().keyPosition(part)).type();
  }

  /** A key as one word of text. */
  static String text(Key key) {
    return IntStream.range(0, key.size())
        .mapToObj(
            part -> URLEncoder.encode(ValueText.write(key.part(part)), StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }

  static Key key(Binding binding, String text) {
    String[] words = text.split(" ", -1);
    Object[] parts = new Object[words.length];
    for (int part = 0; part < parts.length; part++) {
      parts[part] =
          ValueText.read(
              type(binding, part), URLDecoder.decode(words[part], StandardCharsets.UTF_8));
    }
    return new Key(parts);
  }
}
