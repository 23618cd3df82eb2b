package dev.unisono.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

final class SqliteQuerySourceTest extends QuerySourceContract {
  @Override
  QueriedDatabase make(Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("test.db"));
    return new QueriedDatabase(
        "jdbc:sqlite:" + file,
        "jdbc:sqlite:" + file + "?busy_timeout=30000&journal_mode=WAL",
        "TIMESTAMP",
        "");
  }
}
