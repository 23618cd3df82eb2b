package dev.unisono.engine.access;

/**
 * Where something was written down, so that a decision can be found there. Immutable.
 *
 * @param file as the config names it; empty for what is built in
 */
public record SourceLine(String file, int line) {
  /** Of what no file says. */
  static final SourceLine BUILT_IN = new SourceLine("", 0);

  @Override
  public String toString() {
    return file.isEmpty() ? "built in" : file + ", line " + line;
  }
}
