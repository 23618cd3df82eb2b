package dev.unisono.jdbc;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;

final class SqliteTargetTest extends TargetContract {
  @Override
  protected TargetDatabase makeDatabase(Path folder) throws SQLException, IOException {
    return new TestDatabase(TestDatabase.Kind.SQLITE, folder);
  }
}
