package dev.unisono.jdbc;

import dev.unisono.testkit.contract.Ability;
import dev.unisono.testkit.contract.ConnectorContract;
import dev.unisono.testkit.contract.ContractSystem;
import dev.unisono.testkit.contract.JdbcContractSystem;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

final class SqliteContractTest extends ConnectorContract {
  @Override
  protected ContractSystem open(String test, Path folder) throws IOException, SQLException {
    return new SqliteSystem(test, Files.createFile(Files.createDirectory(folder).resolve("db")));
  }

  /** A file. For one thread. */
  private static final class SqliteSystem extends JdbcContractSystem {
    private final Path file;

    SqliteSystem(String name, Path file) throws SQLException {
      super(
          new SqliteConnector(),
          name,
          DriverManager.getConnection("jdbc:sqlite:" + file),
          Set.of(
              Ability.READ,
              Ability.EACH_CHANGE,
              Ability.WRITE,
              Ability.MEMBER,
              Ability.OWNER,
              Ability.ROWS,
              Ability.SURVEY,
              Ability.WITHDRAW));
      this.file = file;
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of("file", file.toString());
    }

    @Override
    public Map<String, Object> unreachable() {
      return Map.of("file", file + ".missing");
    }

    @Override
    public Map<String, Object> invalid() {
      return Map.of("snapshot-chunk", 1L, "read-batch", 0L);
    }

    @Override
    protected String numbering() {
      return "INTEGER";
    }

    @Override
    protected String decimalType() {
      return "text"; // A numeric column would round them.
    }

    @Override
    protected @Nullable Object decimal(@Nullable BigDecimal value) {
      return value == null ? null : value.toPlainString();
    }

    @Override
    protected String clearing(String table) {
      return "DELETE FROM " + table;
    }

    @Override
    protected String catalogQuery() {
      return "SELECT coalesce(sql, name) FROM sqlite_schema WHERE name <> 'sqlite_sequence'";
    }
  }
}
