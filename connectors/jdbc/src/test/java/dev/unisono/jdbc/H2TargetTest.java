package dev.unisono.jdbc;

final class H2TargetTest extends TargetContract {
  H2TargetTest() {
    super(TestDatabase.Kind.H2);
  }
}
