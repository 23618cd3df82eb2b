package dev.unisono.fuzz;

import java.util.Arrays;
import java.util.List;

/**
 * What the fuzzer calls: the first byte of an input says which parser it is for. One process for
 * all, since its start takes longer than many inputs.
 */
public final class FuzzParser {
  /** One parser alone; null for all. */
  static final String ONLY = "fuzz.parser";

  private static final List<Parser> PARSERS = List.of(Parser.values());
  private static final String NAMED = System.getProperty(ONLY);

  private FuzzParser() {}

  /** What classes do when they are first used may take longer than an input may. */
  public static void fuzzerInitialize() {
    for (Parser parser : NAMED == null ? PARSERS : List.of(Parser.valueOf(NAMED))) {
      parser.read(parser.seeds().getFirst());
    }
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Parser parser =
        NAMED == null
            ? PARSERS.get(Math.floorMod(input[0], PARSERS.size()))
            : Parser.valueOf(NAMED);
    parser.read(Arrays.copyOfRange(input, 1, input.length));
  }

  /** A seed as an input. */
  static byte[] input(Parser parser, byte[] seed) {
    byte[] input = new byte[seed.length + 1];
    input[0] = (byte) PARSERS.indexOf(parser);
    System.arraycopy(seed, 0, input, 1, seed.length);
    return input;
  }
}
