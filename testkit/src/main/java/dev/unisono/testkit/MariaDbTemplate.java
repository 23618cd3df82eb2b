package dev.unisono.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The files of an empty MariaDB, made once for all processes of a user: to make them takes seconds,
 * to copy them does not. Safe for threads and processes: a file lock keeps two from making them at
 * once.
 */
final class MariaDbTemplate {
  /** The engine's own log, which is written anew for each server. */
  static final String SMALL_LOG = "--innodb-log-file-size=16M";

  private static final long DEADLINE_SECONDS = 120;

  private MariaDbTemplate() {}

  /** Makes a folder that a server can be started on. */
  static void copyTo(Path data) throws IOException, InterruptedException {
    Path template = template();
    try (Stream<Path> files = Files.walk(template)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            data.resolve(template.relativize(file).toString()),
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private static synchronized Path template() throws IOException, InterruptedException {
    Path binaries = MariaDbBinaries.folder();
    Path folder = binaries.resolveSibling(binaries.getFileName() + "-empty");
    Path complete = binaries.resolveSibling(binaries.getFileName() + "-empty.complete");
    if (Files.exists(complete)) {
      return folder;
    }
    try (FileChannel channel =
            FileChannel.open(
                binaries.resolveSibling("lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (lock.isValid() && !Files.exists(complete)) {
        remove(folder); // What one left that was interrupted.
        make(binaries, folder);
        Files.createFile(complete);
      }
    }
    return folder;
  }

  private static void make(Path binaries, Path folder) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(binaries.resolve("scripts/mariadb-install-db").toString());
    command.add("--no-defaults");
    command.add("--basedir=" + binaries);
    command.add("--datadir=" + folder);
    command.add("--auth-root-authentication-method=normal");
    command.add("--skip-test-db");
    command.add(SMALL_LOG);
    command.addAll(asRoot());
    Path output = folder.resolveSibling("install-db.out");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("mariadb-install-db did not end in time");
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException("mariadb-install-db failed: " + Files.readString(output));
    }
  }

  /** MariaDB refuses to run as root unless it is told to. */
  static List<String> asRoot() {
    return System.getProperty("user.name").equals("root") ? List.of("--user=root") : List.of();
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    }
  }
}
