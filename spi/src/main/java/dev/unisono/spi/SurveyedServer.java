package dev.unisono.spi;

/**
 * What a system says of itself when it is surveyed. Immutable.
 *
 * @param product its kind and version, for people: {@code PostgreSQL 18.1}
 * @param way how what is sent to it is kept from others
 * @param wayText the same for people: {@code TLSv1.3}, {@code a file on this machine}
 */
public record SurveyedServer(String product, Way way, String wayText) {
  /** How a system is reached. */
  public enum Way {
    /** It is on the same machine. */
    LOCAL,
    ENCRYPTED,
    /** Over a network, for all to read. */
    PLAIN,
    /** It cannot be told. */
    UNKNOWN
  }
}
