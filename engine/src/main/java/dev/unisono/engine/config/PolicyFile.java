package dev.unisono.engine.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * A file that the config names, which has a part of it. Problems of the file are told where the
 * config names it, with the line of the file in the message. For one thread.
 */
final class PolicyFile {
  private final YamlMap stated;
  private final String key;
  private final String name;
  private final List<ConfigProblem> found = new ArrayList<>();
  private final @Nullable YamlMap content;

  /**
   * Reads it.
   *
   * @param stated where the config names it
   * @param key under which it does
   * @param folder where relative paths begin
   */
  PolicyFile(YamlMap stated, String key, String name, Path folder) {
    this.stated = stated;
    this.key = key;
    this.name = name;
    this.content = read(folder);
  }

  private @Nullable YamlMap read(Path folder) {
    try {
      Node root =
          new Yaml(new LoaderOptions())
              .compose(new StringReader(Files.readString(folder.resolve(name))));
      if (root != null) {
        return new YamlMap("", root, found);
      }
      stated.note(key, "empty", "The file " + name + " is empty.", "Write something into it.");
    } catch (IOException | InvalidPathException unreadable) {
      stated.note(
          key,
          "file-unreadable",
          "The file " + name + " cannot be read.",
          "Name a file that this user can read; a relative path begins at the config's folder.");
    } catch (YAMLException notYaml) {
      stated.note(
          key, "not-yaml", "The file " + name + " is neither YAML nor JSON.", "Correct it.");
    }
    return null;
  }

  /** What it says; null where that could not be read. */
  @Nullable YamlMap content() {
    return content;
  }

  /** Tells what was found in it until now. */
  void tell() {
    for (ConfigProblem problem : found) {
      stated.note(
          key,
          problem.problem().code(),
          "In " + name + ", line " + problem.line() + ": " + problem.problem().message(),
          problem.problem().remedy());
    }
  }
}
