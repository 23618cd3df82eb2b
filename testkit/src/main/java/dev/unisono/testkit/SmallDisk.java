package dev.unisono.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small file system in memory, mounted on a folder, that can be filled to the last byte. A test
 * that asks for it is skipped where it cannot be mounted, see {@link Requirement}. For one thread.
 */
public final class SmallDisk implements AutoCloseable {
  private static final int PIECE_BYTES = 4 << 10;

  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Mounts it on an empty folder. */
  public static SmallDisk mount(Path folder, int mebibytes) {
    String size = "size=" + mebibytes + "m";
    String why = run(List.of("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder.toString()));
    if (!why.isEmpty()) {
      throw Requirement.missing(
          "A file system in memory cannot be mounted (" + why + "). Run the tests as root.");
    }
    return new SmallDisk(folder);
  }

  /** Leaves no room for anything more. */
  public void fill() {
    try (OutputStream filler = Files.newOutputStream(filler())) {
      byte[] piece = new byte[PIECE_BYTES];
      while (true) {
        filler.write(piece);
      }
    } catch (IOException full) {
      // As it shall be.
    }
  }

  /** Ends {@link #fill}: there is as much room again as before. */
  public void free() {
    try {
      Files.delete(filler());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private Path filler() {
    return folder.resolve("filler");
  }

  /** Takes it away with all that is in it; whoever used it must have ended. */
  @Override
  public void close() {
    String why = run(List.of("umount", folder.toString()));
    if (!why.isEmpty()) {
      throw new IllegalStateException("cannot unmount " + folder + ": " + why);
    }
  }

  /** What was wrong; empty where nothing was. */
  private static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return command.getFirst() + " does not end";
      }
      return process.exitValue() == 0 ? "" : said.isEmpty() ? "failed" : said;
    } catch (IOException missing) {
      return String.valueOf(missing.getMessage());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }
}
