package dev.unisono.systemtests;

/** A live client that resumes by cursor whenever the server comes back. Safe for threads. */
sealed interface StreamClient extends AutoCloseable permits EventStream, SocketStream {
  String name();

  RecordPicture picture();

  @Override
  void close();
}
