package dev.unisono.jdbc;

import dev.unisono.spi.MemberWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

final class H2MemberTest extends MemberContract {
  private @Nullable TestDatabase made;

  @Override
  protected TargetDatabase makeDatabase(Path folder) throws SQLException, IOException {
    TestDatabase database = new TestDatabase(TestDatabase.Kind.H2, folder);
    made = database;
    return database;
  }

  @Override
  protected MemberWriter open(TargetDatabase database) {
    TestDatabase here = Objects.requireNonNull(made);
    return new JdbcMemberWriter(
        new Database("local", here.dialect(), here::connect),
        List.of(PERSON, CODE),
        "one",
        new MarkTable());
  }

  @Override
  protected String markerQuery() {
    return "SELECT max(number) FROM mark";
  }

  @Override
  protected String decimalType() {
    return "numeric(20,6)";
  }
}
