package dev.unisono.engine.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts in what {@code ${env:NAME}} and {@code ${file:PATH}} stand for. Values are never shown
 * (invariant 10). For one thread.
 */
final class References {
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{([a-z]+):([^}]*)}");

  private final Path folder;
  private final Function<String, @Nullable String> environment;

  References(Path folder, Function<String, @Nullable String> environment) {
    this.folder = folder;
    this.environment = environment;
  }

  static boolean isReference(String text) {
    return REFERENCE.matcher(text).matches();
  }

  /** A value, or why there is none. */
  record Resolved(String value, @Nullable String code, String message, String remedy) {}

  Resolved resolve(String text) {
    Matcher matcher = REFERENCE.matcher(text);
    StringBuilder out = new StringBuilder();
    while (matcher.find()) {
      Resolved one = resolve(matcher.group(1), matcher.group(2));
      if (one.code() != null) {
        return one;
      }
      matcher.appendReplacement(out, Matcher.quoteReplacement(one.value()));
    }
    matcher.appendTail(out);
    return new Resolved(out.toString(), null, "", "");
  }

  private Resolved resolve(String kind, String name) {
    switch (kind) {
      case "env" -> {
        String value = environment.apply(name);
        return value != null
            ? new Resolved(value, null, "", "")
            : new Resolved(
                "",
                "no-such-variable",
                "The environment has no variable " + name + ".",
                "Set it before the server starts.");
      }
      case "file" -> {
        try {
          return new Resolved(Files.readString(folder.resolve(name)).strip(), null, "", "");
        } catch (IOException | InvalidPathException unreadable) {
          return new Resolved(
              "",
              "file-unreadable",
              "The file " + name + " cannot be read.",
              "Name a file that this user can read; a relative path begins at the config's folder.");
        }
      }
      default -> {
        return new Resolved(
            "",
            "unknown-reference",
            "There is no reference ${" + kind + ":…}.",
            "Use ${env:NAME} or ${file:PATH}.");
      }
    }
  }
}
