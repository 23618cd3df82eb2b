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
 * The schema of an entity, in the config or in a file of its own. Problems of a file are told where
 * the config names it, with the line of the file in the message. For one thread.
 */
final class SchemaFile {
  private final YamlMap stated;
  private final List<ConfigProblem> found = new ArrayList<>();
  private final @Nullable YamlMap inFile;
  private final String name;

  /**
   * @param stated what stands under {@code schema}
   * @param folder where relative paths begin
   */
  SchemaFile(YamlMap stated, Path folder) {
    this.stated = stated;
    String file = stated.text("file");
    this.name = file == null ? "" : file;
    if (file != null && stated.names().size() > 1) {
      stated.note(
          "file",
          "wrong-value",
          "Beside file nothing else can stand.",
          "Leave out the rest, or write the schema here.");
    }
    this.inFile = file == null ? null : read(folder, file);
  }

  private @Nullable YamlMap read(Path folder, String file) {
    try {
      Node root =
          new Yaml(new LoaderOptions())
              .compose(new StringReader(Files.readString(folder.resolve(file))));
      if (root != null) {
        return new YamlMap(stated.path(), root, found);
      }
      stated.note("file", "empty", "The file " + file + " is empty.", "Write the schema into it.");
    } catch (IOException | InvalidPathException unreadable) {
      stated.note(
          "file",
          "file-unreadable",
          "The file " + file + " cannot be read.",
          "Name a file that this user can read; a relative path begins at the config's folder.");
    } catch (YAMLException notYaml) {
      stated.note(
          "file", "not-yaml", "The file " + file + " is neither YAML nor JSON.", "Correct it.");
    }
    return null;
  }

  /** The schema, wherever it stands. */
  YamlMap schema() {
    return inFile == null ? stated : inFile;
  }

  /** Tells what was found in the file until now. */
  void tell() {
    for (ConfigProblem problem : found) {
      stated.note(
          "file",
          problem.problem().code(),
          "In " + name + ", line " + problem.line() + ": " + problem.problem().message(),
          problem.problem().remedy());
    }
  }
}
