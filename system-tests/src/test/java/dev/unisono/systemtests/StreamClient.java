package dev.unisono.systemtests;

/** A live client that resumes by cursor whenever the server comes back. Safe for threads. */
sealed interface StreamClient extends AutoCloseable permits EventStream, SocketStream {
  String name();

  RecordPicture picture();

  /** What it is doing and how it got there, for whoever reads that it has not what it should. */
  String state();

  /** How what it has differs from these rows, and what it is doing; empty where it does not. */
  default String difference(Rows expected, MirroredEntity entity) {
    String difference = expected.difference(picture().rows(name(), entity));
    return difference.isEmpty() ? "" : name() + " is " + state() + "; " + difference;
  }

  @Override
  void close();
}
