package dev.unisono.jdbc;

final class SqliteTargetTest extends TargetContract {
  SqliteTargetTest() {
    super(TestDatabase.Kind.SQLITE);
  }
}
