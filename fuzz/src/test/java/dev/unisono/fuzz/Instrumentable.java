package dev.unisono.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A class path whose classes of ours the fuzzer can follow: copies that say they were compiled for
 * an older Java, since it reads no class files of this one. What they say is all that differs.
 * Immutable.
 */
record Instrumentable(String classPath) {
  /** The newest version of class files that the fuzzer reads: that of Java 23. */
  private static final int NEWEST_VERSION = 67;

  private static final int VERSION_BYTE = 7;

  static Instrumentable of(String classPath, Path folder) throws IOException {
    List<String> path = new ArrayList<>();
    for (String each : classPath.split(File.pathSeparator, -1)) {
      Path element = Path.of(each);
      if (!Files.exists(element)) {
        continue;
      }
      Path copy = folder.resolve(Integer.toString(path.size()));
      if (Files.isDirectory(element)) {
        copy(element, copy);
        path.add(copy.toString());
      } else if (String.valueOf(element.getFileName()).startsWith("unisono-")) {
        try (FileSystem jar = FileSystems.newFileSystem(element)) {
          copy(jar.getPath("/"), copy);
        }
        path.add(copy.toString());
      } else {
        path.add(each);
      }
    }
    return new Instrumentable(String.join(File.pathSeparator, path));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copied = to.resolve(from.relativize(file).toString());
        Files.createDirectories(copied.getParent());
        byte[] content = Files.readAllBytes(file);
        if (copied.toString().endsWith(".class") && content[VERSION_BYTE] > NEWEST_VERSION) {
          content[VERSION_BYTE] = NEWEST_VERSION;
        }
        Files.write(copied, content);
      }
    }
  }
}
