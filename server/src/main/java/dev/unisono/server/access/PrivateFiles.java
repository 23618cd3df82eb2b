package dev.unisono.server.access;

import dev.unisono.engine.access.MaskKey;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Files of the state folder that only its user may read. Has no state. */
public final class PrivateFiles {
  private static final String MASK_KEY = "mask-key";

  private PrivateFiles() {}

  static void write(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text, StandardOpenOption.WRITE);
  }

  /** An empty one, where there is none yet. */
  static void make(Path file) {
    try {
      if (!Files.exists(file)) {
        write(file, "");
      }
    } catch (IOException failed) {
      throw failure(file.getFileName().toString(), file.toAbsolutePath().getParent(), failed);
    }
  }

  /** Puts another content in the place of a file's: the old one or the new one is there whole. */
  public static void replace(Path file, String text) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    write(beside, text);
    try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The secret by which values are hashed; made where there is none. */
  static MaskKey maskKey(Path folder) {
    Path file = folder.resolve(MASK_KEY);
    try {
      if (!Files.exists(file)) {
        write(file, Secrets.next() + "\n");
      }
      return new MaskKey(Secrets.sha256(Files.readString(file).strip()));
    } catch (IOException failed) {
      throw failure("The key of masks", folder, failed);
    }
  }

  public static UnisonoException failure(String what, @Nullable Path folder, IOException failed) {
    return new UnisonoException(
        new Problem(
            "state-unusable",
            ProblemType.RESOURCES,
            what + " cannot be kept in " + folder + ": " + failed.getMessage() + ".",
            "state.folder",
            "Name a folder that this user may write to."),
        failed);
  }
}
