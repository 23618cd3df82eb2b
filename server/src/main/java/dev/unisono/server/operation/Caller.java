package dev.unisono.server.operation;

/**
 * Who asks, known by whichever door they came in. Immutable.
 *
 * @param name under which what they did is kept, such as answers that may be asked for again; never
 *     a secret
 */
public record Caller(String name) {
  /** Who holds the admin token, or was signed in by one who does. */
  public static final Caller ADMIN = new Caller("admin");
}
