package dev.unisono.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The port of a database whose folder stays, kept in a file there, so that its address stays, too.
 * Has no state of its own; safe for threads.
 */
final class KeptPort {
  private static final String FILE = "port";

  private KeptPort() {}

  /** The port of the last time where it is free; else any free one. */
  static int choose(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      return Files.exists(file) ? probe(Integer.parseInt(Files.readString(file).strip())) : free();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static void keep(Path folder, int port) {
    try {
      Files.writeString(folder.resolve(FILE), Integer.toString(port));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static int probe(int last) throws IOException {
    try (ServerSocket probe = new ServerSocket(last, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException taken) {
      return free();
    }
  }

  private static int free() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
