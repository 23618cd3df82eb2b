package dev.unisono.demo;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Where one of the demo's systems keeps the customers, under its own names. Immutable.
 *
 * @param system its name in the config
 * @param kind its connector
 * @param url its address, for clients of that kind of database
 * @param name the table's name
 * @param key the column of the customer's number
 * @param phone the column of the phone; that of the country has the same name everywhere
 * @param database connects to it
 */
record CustomerTable(
    String system,
    String kind,
    String url,
    String name,
    String key,
    String phone,
    Database database) {

  /** A way to connect; whoever calls closes the connection. */
  interface Database {
    Connection connect() throws SQLException;
  }
}
