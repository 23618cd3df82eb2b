package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one configured system: where the file of a table is, and how a file is read and
 * replaced. Immutable; safe for threads.
 *
 * @param system the system's name in the config
 */
record CsvFolder(String system, Path folder) {
  /** Invariant 7: a file is held in memory whole, so there has to be an end to it. */
  static final long MOST_BYTES = 64L << 20;

  /** No name leads out of the folder, or to a file of our own. */
  private static final Pattern TABLE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}");

  /**
   * What tells without reading it that a file may be another than before.
   *
   * @param key what the file system tells files apart by, so that one that was moved here with its
   *     old time is told from the one before; null where it has no such thing
   */
  record Stamp(long size, FileTime modified, @Nullable Object key) {}

  String configPath() {
    return "systems." + system + ".folder";
  }

  /**
   * The file of a table.
   *
   * @throws UnisonoException name-not-supported
   */
  Path file(Binding binding) {
    if (!TABLE.matcher(binding.table()).matches()) {
      throw new UnisonoException(
          new Problem(
              "name-not-supported",
              ProblemType.USER,
              "'" + binding.table() + "' cannot be the name of a file here.",
              binding.configPath() + ".table",
              "Use letters, digits, underscores, hyphens and dots; .csv is added to it."));
    }
    return folder.resolve(binding.table() + ".csv");
  }

  /**
   * The file of a table as it is now; empty where there is none.
   *
   * @throws UnisonoException unreachable, where it cannot be told
   */
  Optional<Stamp> stamp(Binding binding) {
    Path file = file(binding);
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(new Stamp(now.size(), now.lastModifiedTime(), now.fileKey()));
    } catch (NoSuchFileException none) {
      if (!Files.isDirectory(folder)) {
        throw new UnisonoException(noFolder(), none);
      }
      return Optional.empty();
    } catch (IOException failed) {
      throw failure("looking at " + file.getFileName(), failed);
    }
  }

  /**
   * All that is in the file of a table.
   *
   * @throws UnisonoException no-such-table, file-too-large, unreachable
   */
  byte[] read(Binding binding) {
    Path file = file(binding);
    Stamp stamp = stamp(binding).orElseThrow(() -> new UnisonoException(noFile(binding)));
    checkSize(binding, stamp.size());
    try {
      return Files.readAllBytes(file);
    } catch (IOException failed) {
      throw failure("reading " + file.getFileName(), failed);
    }
  }

  /**
   * Replaces a file: whoever looks sees the old one or the new one, also after a crash, and never a
   * part.
   */
  void replace(Path file, byte[] content) {
    Path beside = folder.resolve("." + file.getFileName() + ".new");
    try {
      try (FileChannel channel =
          FileChannel.open(
              beside,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer left = ByteBuffer.wrap(content);
        while (left.hasRemaining()) {
          channel.write(left);
        }
        // On the disk before its name is: else a crash could leave the name without the content.
        channel.force(true);
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (IOException failed) {
      throw failure("writing " + file.getFileName(), failed);
    }
  }

  void checkSize(Binding binding, long bytes) {
    if (bytes > MOST_BYTES) {
      throw new UnisonoException(
          new Problem(
              "file-too-large",
              ProblemType.RESOURCES,
              binding.table() + ".csv has, or would have, " + bytes + " bytes.",
              binding.configPath() + ".table",
              "A file is held in memory whole, "
                  + MOST_BYTES
                  + " bytes at most. Keep more rows in a"
                  + " database."));
    }
  }

  Problem noFile(Binding binding) {
    return new Problem(
        "no-such-table",
        // Somebody may be about to put it there, or back.
        ProblemType.EXTERNAL,
        "There is no file " + binding.table() + ".csv in the folder of " + system + ".",
        binding.configPath() + ".table",
        "Make it, with the names of its columns as its first line; a target's is made by"
            + " create-table: true.");
  }

  Problem noFolder() {
    return new Problem(
        "unreachable",
        ProblemType.EXTERNAL,
        "The folder of " + system + " is not there: " + folder + ".",
        configPath(),
        "Is it mounted, and may this user read it?");
  }

  UnisonoException failure(String doing, IOException failed) {
    return new UnisonoException(
        new Problem(
            "unreachable",
            ProblemType.EXTERNAL,
            doing + " (" + system + ") failed: " + failed + ".",
            configPath(),
            "May this user read and write there, and has the disk room?"),
        failed);
  }
}
