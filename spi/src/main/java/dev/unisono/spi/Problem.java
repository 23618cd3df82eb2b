package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * Something that went wrong, said once and well: a stable code, whose move it is, what happened,
 * where, and what to do. Never holds a secret (invariant 10). Immutable.
 *
 * @param code stable, lower-case with hyphens; the page of the same name in the docs explains it
 * @param message what happened, one sentence, in the words of the person who reads it at night
 * @param configPath the place in the config that it concerns, such as {@code systems.crm.url}; or
 *     null
 * @param remedy what to do about it, one or two sentences, with the statement to run where there is
 *     one; may be empty
 */
public record Problem(
    String code, ProblemType type, String message, @Nullable String configPath, String remedy) {

  public Problem at(String path) {
    return new Problem(code, type, message, path, remedy);
  }

  @Override
  public String toString() {
    return code
        + ": "
        + message
        + (configPath == null ? "" : " [" + configPath + "]")
        + (remedy.isEmpty() ? "" : " " + remedy);
  }
}
