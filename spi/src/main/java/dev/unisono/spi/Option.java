package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One setting that a connector declares, once: validation, the editor's JSON Schema and the
 * reference page are made from it. Immutable.
 *
 * @param name as it stands in the config, lower-case with hyphens
 * @param defaultValue as it would stand in the config; null where there is none
 * @param secret true where the value must come by {@code ${env:…}} or {@code ${file:…}} and is
 *     never shown
 * @param allowed the values allowed, for TEXT; empty where any is
 * @param description what it does, with its unit, one or two sentences
 */
public record Option(
    String name,
    Type type,
    boolean required,
    @Nullable String defaultValue,
    boolean secret,
    List<String> allowed,
    String description) {

  /** The kinds of value a setting can have. */
  public enum Type {
    TEXT,
    INTEGER,
    BOOLEAN,
    /** A length of time such as {@code 500ms}, {@code 10s}, {@code 5m}; read as a Duration. */
    DURATION,
    /** An amount of memory or disk such as {@code 64KiB}, {@code 16MiB}; read as a long. */
    BYTES
  }

  public static Option required(String name, Type type, String description) {
    return new Option(name, type, true, null, false, List.of(), description);
  }

  public static Option optional(
      String name, Type type, @Nullable String defaultValue, String description) {
    return new Option(name, type, false, defaultValue, false, List.of(), description);
  }

  public static Option secret(String name, String description) {
    return new Option(name, Type.TEXT, false, null, true, List.of(), description);
  }

  public Option oneOf(String... values) {
    return new Option(name, type, required, defaultValue, secret, List.of(values), description);
  }
}
