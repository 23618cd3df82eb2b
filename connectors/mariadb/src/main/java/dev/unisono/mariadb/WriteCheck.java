package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Checks of a server that is written what no other kind of database has to be asked: its tables'
 * engines, its binlog, and the right to make a table of ours. Changes nothing. For one thread.
 */
final class WriteCheck {
  /** What a user can have that lets it make tables somewhere. */
  private static final List<String> CREATING = List.of("CREATE,", "CREATE ON", "ALL PRIVILEGES");

  private final Connection connection;
  private final Database database;
  private final List<Problem> problems;

  WriteCheck(Connection connection, Database database, List<Problem> problems) {
    this.connection = connection;
    this.database = database;
    this.problems = problems;
  }

  /**
   * @param ownTables the names of the tables of ours that writing needs
   */
  void run(List<Binding> writes, List<String> ownTables) throws SQLException {
    checkFormat();
    for (Binding binding : writes) {
      Optional<Table> table =
          Table.find(connection, Table.Name.parse(binding.table(), database.address().database()));
      if (table.isPresent() && !table.get().transactional()) {
        add(
            "not-transactional",
            table.get().name().plain() + " is kept by an engine without transactions.",
            binding.configPath() + ".table",
            "Run ALTER TABLE " + table.get().name().sql() + " ENGINE = InnoDB;");
      }
    }
    for (String table : ownTables) {
      checkOwn(new Table.Name(database.address().database(), table));
    }
  }

  /** Rows are written beside each other, of which such a binlog could not tell. */
  private void checkFormat() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT @@global.log_bin, @@global.binlog_format")) {
      row.next();
      if (row.getBoolean(1) && row.getString(2).equals("STATEMENT")) {
        add(
            "log-format",
            "binlog_format is STATEMENT, in which rows cannot be written in parallel.",
            "systems." + database.system(),
            "Run SET GLOBAL binlog_format = 'ROW'; and put it into the server's configuration.");
      }
    }
  }

  private void checkOwn(Table.Name name) throws SQLException {
    if (Table.find(connection, name).isPresent()) {
      checkRights(name);
    } else if (!mayMake()) {
      add(
          "missing-right",
          "The user " + database.user() + " may not make the table " + name.plain() + ".",
          "systems." + database.system() + ".user",
          "Run GRANT CREATE, SELECT, INSERT, UPDATE ON "
              + name.sql()
              + " TO "
              + LogCheck.user(connection)
              + ";");
    }
  }

  private boolean mayMake() throws SQLException {
    String grants = String.join("\n", LogCheck.grants(connection)).toUpperCase(Locale.ROOT);
    return CREATING.stream().anyMatch(grants::contains);
  }

  /** Statements that reach no row are refused all the same where a right is missing. */
  private void checkRights(Table.Name name) throws SQLException {
    List<String> tries =
        List.of(
            "UPDATE " + name.sql() + " SET installation = installation WHERE 1 = 0",
            "INSERT INTO " + name.sql() + " SELECT * FROM " + name.sql() + " WHERE 1 = 0");
    for (String one : tries) {
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate(one);
      } catch (SQLException refused) {
        Problem problem = Failures.problem(database.system(), "Trying " + name.plain(), refused);
        problems.add(
            new Problem(
                problem.code(),
                problem.type(),
                problem.message(),
                "systems." + database.system() + ".user",
                "Run GRANT SELECT, INSERT, UPDATE ON "
                    + name.sql()
                    + " TO "
                    + LogCheck.user(connection)
                    + ";"));
        return;
      }
    }
  }

  private void add(String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }
}
