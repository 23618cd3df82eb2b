package dev.unisono.mariadb;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a database is. Immutable.
 *
 * @param database the one that tables without a database of their own in the config are in
 */
record Address(String host, int port, String database) {
  private static final int DEFAULT_PORT = 3306;
  private static final Pattern URL =
      Pattern.compile(
          "jdbc:mariadb://([A-Za-z0-9._-]+|\\[[0-9a-fA-F:]+])(?::(\\d{1,5}))?/([^/?#,]+)");

  /** Empty where it is not a url of one host and one database. */
  static Optional<Address> parse(String url) {
    Matcher matcher = URL.matcher(url);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String digits = matcher.group(2);
    int port = digits == null ? DEFAULT_PORT : Integer.parseInt(digits);
    return port < 1 || port > 65_535
        ? Optional.empty()
        : Optional.of(
            new Address(String.valueOf(matcher.group(1)), port, String.valueOf(matcher.group(3))));
  }

  /** True where the server is on the same machine. */
  boolean local() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }

  String jdbcUrl() {
    return "jdbc:mariadb://" + host + ":" + port + "/" + database;
  }
}
