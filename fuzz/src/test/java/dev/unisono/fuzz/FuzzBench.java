package dev.unisono.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The command {@code bench fuzz}: each parser alone and for long, with a corpus that is kept and
 * grows from run to run, and a line for each. For one thread.
 */
final class FuzzBench {
  private static final String USAGE =
      """
      usage: ./unisono bench fuzz [--minutes N] [--parsers NAME,NAME]

        --minutes N      how long in all, the same for each parser (15)
        --parsers NAMES  some of them alone:
      """;

  private final Path folder;
  private int minutes = 15;
  private List<Parser> parsers = List.of(Parser.values());

  private FuzzBench(Path folder) {
    this.folder = folder;
  }

  /**
   * Exits with 0 where nothing was found, with 1 where something was, with 2 where it was asked for
   * wrongly.
   *
   * @param arguments the options; the project's folder is the property {@code unisono.home}
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("unisono.home", "."));
    FuzzBench bench = new FuzzBench(home.resolve("bench/data/fuzz"));
    if (!bench.understands(List.of(arguments))) {
      System.err.println(USAGE + "    " + List.of(Parser.values()));
      System.exit(2);
    }
    System.exit(bench.run() ? 0 : 1);
  }

  private boolean understands(List<String> options) {
    try {
      for (int i = 0; i < options.size(); i += 2) {
        String value = i + 1 < options.size() ? options.get(i + 1) : "";
        switch (options.get(i)) {
          case "--minutes" -> minutes = Integer.parseUnsignedInt(value);
          case "--parsers" ->
              parsers = Stream.of(value.split(",", -1)).map(Parser::valueOf).toList();
          default -> {
            return false;
          }
        }
      }
      return minutes > 0;
    } catch (IllegalArgumentException notOne) {
      return false;
    }
  }

  private boolean run() throws IOException, InterruptedException {
    long seconds = Math.max(1, minutes * 60L / parsers.size());
    Path classes = Files.createTempDirectory("unisono-fuzz");
    long runs = 0;
    int findings = 0;
    try {
      Fuzzer fuzzer = new Fuzzer(Files.createDirectories(folder), classes);
      System.out.println("| Parser | Inputs tried | Corpus | Found |\n|---|---|---|---|");
      for (Parser parser : parsers) {
        Fuzzer.Outcome outcome = fuzzer.run(parser, seconds, 0);
        String finding = outcome.finding();
        runs += outcome.runs();
        findings += finding == null ? 0 : 1;
        System.out.printf(
            Locale.ROOT,
            "| `%s` | %,d | %,d | %s |%n",
            parser.name(),
            outcome.runs(),
            size(parser),
            finding == null ? "nothing" : "**something**");
        if (finding != null) {
          System.out.println(finding);
        }
      }
    } finally {
      remove(classes);
    }
    System.out.printf(
        Locale.ROOT,
        "%d parsers, %d s each, %,d inputs, %d findings%s%n",
        parsers.size(),
        seconds,
        runs,
        findings,
        findings == 0 ? "" : " in " + folder);
    return findings == 0;
  }

  private long size(Parser parser) throws IOException {
    try (Stream<Path> kept = Files.list(folder.resolve("corpus").resolve(parser.name()))) {
      return kept.count();
    }
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
