package dev.unisono.mariadb;

/**
 * A place in a server's binlog: files are numbered, and positions grow within each. Immutable.
 *
 * @param file such as {@code binlog.000012}
 */
record LogPlace(String file, long position) implements Comparable<LogPlace> {
  @Override
  public int compareTo(LogPlace other) {
    int byFile = Long.compare(number(file), number(other.file));
    return byFile != 0 ? byFile : Long.compare(position, other.position);
  }

  boolean before(LogPlace other) {
    return compareTo(other) < 0;
  }

  /** The files' names end in a number that counts them. */
  static long number(String file) {
    int dot = file.lastIndexOf('.');
    return Long.parseLong(file.substring(dot + 1));
  }

  @Override
  public String toString() {
    return file + ":" + position;
  }
}
