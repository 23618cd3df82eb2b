package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Option;
import dev.unisono.spi.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.h2.tools.Server;

/** A database for one test, and the system over it. For one thread. */
final class TestDatabase implements TargetDatabase {
  /** The kinds of database there are. */
  enum Kind {
    SQLITE,
    H2
  }

  private final Kind kind;
  private final Connector connector;
  private final Path folder;
  private final Map<String, Object> settings = new HashMap<>();
  private final String url;
  private final List<AutoCloseable> resources = new ArrayList<>();

  TestDatabase(Kind kind, Path folder) throws SQLException, IOException {
    this.kind = kind;
    this.connector = kind == Kind.SQLITE ? new SqliteConnector() : new H2Connector();
    this.folder = folder;
    switch (kind) {
      case SQLITE -> {
        Files.createFile(file());
        settings.put("file", file().toString());
        url = "jdbc:sqlite:" + file();
      }
      case H2 -> {
        // A server, as others would reach it too.
        Server server =
            Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-baseDir", folder.toString())
                .start();
        resources.add(server::stop);
        url = "jdbc:h2:tcp://localhost:" + server.getPort() + "/./test;user=sa;password=";
        settings.put("url", url);
        settings.put("user", "sa");
        connect().close();
      }
      default -> throw new AssertionError(kind);
    }
    for (Option option : connector.options()) {
      String value = option.defaultValue();
      if (value != null) {
        settings.putIfAbsent(option.name(), value(option.type(), value));
      }
    }
  }

  /** As the config's reader would make it. */
  private static Object value(Option.Type type, String text) {
    return switch (type) {
      case TEXT -> text;
      case INTEGER -> Long.valueOf(text);
      case BOOLEAN -> Boolean.valueOf(text);
      case DURATION ->
          text.endsWith("ms")
              ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
              : Duration.parse("PT" + text);
      case BYTES -> text.equals("1MiB") ? 1L << 20 : Long.parseLong(text);
    };
  }

  Path file() {
    return folder.resolve("test.db");
  }

  Dialect dialect() {
    return kind == Kind.SQLITE ? new SqliteDialect() : new H2Dialect();
  }

  @Override
  public ConnectedSystem system(
      Map<String, Object> more, List<Binding> reads, List<Binding> writes, String installation) {
    Map<String, Object> all = new HashMap<>(settings);
    all.putAll(more);
    return connector.connect(
        new SystemContext(
            "local", new Settings(all), reads, writes, Map.of("installation", installation)));
  }

  @Override
  public boolean hasOneWriter() {
    return kind == Kind.SQLITE;
  }

  ConnectedSystem reading(Binding... bindings) {
    return system(Map.of(), List.of(bindings), List.of(), "one");
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url);
  }

  @Override
  public void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Override
  public List<String> rows(String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(Objects.requireNonNullElse(row.getString(i), "~"));
        }
        rows.add(String.join("|", values));
      }
    }
    return rows;
  }

  /** The first number of a query's first row. */
  long counts(String query) {
    try {
      return Long.parseLong(rows(query).getFirst());
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  /** All tables and triggers there are. */
  List<String> catalog() throws SQLException {
    return rows(
        switch (kind) {
          case SQLITE ->
              "SELECT type, name, sql FROM sqlite_schema WHERE name <> 'sqlite_sequence' ORDER BY 1,"
                  + " 2";
          case H2 ->
              "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'PUBLIC' UNION"
                  + " ALL SELECT TRIGGER_NAME FROM INFORMATION_SCHEMA.TRIGGERS UNION ALL SELECT"
                  + " SEQUENCE_NAME FROM INFORMATION_SCHEMA.SEQUENCES ORDER BY 1";
        });
  }

  @Override
  public void close() {
    for (AutoCloseable resource : resources) {
      try {
        resource.close();
      } catch (Exception failed) {
        throw new AssertionError(failed);
      }
    }
  }
}
