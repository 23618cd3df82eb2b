package dev.unisono.mariadb;

import dev.unisono.spi.Settings;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * One database and how to connect to it. All sessions speak the same text form of values, whatever
 * the server's defaults. Safe for threads.
 */
final class Database {
  private static final List<String> SESSION =
      List.of(
          "SET SESSION time_zone = '+00:00'",
          // What a session's mode would change of statements, and of how values are shown.
          "SET SESSION sql_mode ="
              + " 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
          "SET NAMES utf8mb4",
          "SET SESSION old_mode = ''");

  /** Of sessions that write to several rows at once. */
  private static final List<String> WRITING =
      List.of(
          // Else what lies between rows is locked, too, and lanes get into each other's way.
          "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
          "SET SESSION innodb_lock_wait_timeout = 10",
          "SET SESSION default_storage_engine = InnoDB");

  private final String system;
  private final Address address;
  private final String user;
  private final String password;
  private final boolean encrypted;

  Database(String system, Settings settings) {
    this.system = system;
    this.address = Address.parse(settings.text("url")).orElseThrow();
    this.user = settings.text("user");
    this.password = settings.optionalText("password").orElse("");
    this.encrypted = settings.text("tls").equals("trust");
  }

  String system() {
    return system;
  }

  Address address() {
    return address;
  }

  String user() {
    return user;
  }

  String password() {
    return password;
  }

  boolean encrypted() {
    return encrypted;
  }

  /** A session for statements, in auto-commit. */
  Connection connect(String doing) {
    return connect(doing, SESSION, Duration.ZERO);
  }

  /**
   * As the target and the writer to members need it.
   *
   * @param answerTimeout how long a statement may take
   */
  dev.unisono.jdbc.Database writing(Duration answerTimeout) {
    List<String> settings = new ArrayList<>(SESSION);
    settings.addAll(WRITING);
    return new dev.unisono.jdbc.Database(
        system,
        new MariaDbDialect(address.database()),
        () -> connect("connecting", settings, answerTimeout));
  }

  private Connection connect(String doing, List<String> settings, Duration answerTimeout) {
    Properties properties = new Properties();
    properties.setProperty("socketTimeout", Long.toString(answerTimeout.toMillis()));
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "10000");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("sslMode", encrypted ? "trust" : "disable");
    properties.setProperty("allowMultiQueries", "false");
    // Values as the server shows them, and not as the driver would make them.
    properties.setProperty("tinyInt1isBit", "false");
    properties.setProperty("yearIsDateType", "false");
    // Floating-point numbers would be rounded as text.
    properties.setProperty("useServerPrepStmts", "true");
    try {
      Connection connection = DriverManager.getConnection(address.jdbcUrl(), properties);
      try (Statement statement = connection.createStatement()) {
        for (String setting : settings) {
          statement.execute(setting);
        }
      } catch (SQLException failed) {
        connection.close();
        throw failed;
      }
      return connection;
    } catch (SQLException failed) {
      throw failure(doing, failed);
    }
  }

  UnisonoException failure(String doing, SQLException failed) {
    return Failures.of(system, doing + " (" + system + ")", failed);
  }

  static String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  static String literal(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
  }
}
