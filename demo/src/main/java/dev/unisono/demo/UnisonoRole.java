package dev.unisono.demo;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The role by which Unisono signs in to a PostgreSQL of the demo. Has no state. */
final class UnisonoRole {
  private UnisonoRole() {}

  static void make(Statement statement, String database, String password) throws SQLException {
    boolean there;
    try (ResultSet rows =
        statement.executeQuery("SELECT 1 FROM pg_roles WHERE rolname = 'unisono'")) {
      there = rows.next();
    }
    // The password is hexadecimal, made by us: nothing to quote.
    statement.execute(
        (there ? "ALTER" : "CREATE")
            + " ROLE unisono LOGIN REPLICATION PASSWORD '"
            + password
            + "'");
    statement.execute("GRANT CREATE ON DATABASE " + database + " TO unisono");
  }
}
