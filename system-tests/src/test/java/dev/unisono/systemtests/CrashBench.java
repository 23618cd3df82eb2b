package dev.unisono.systemtests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The command {@code bench crash}: crash rounds outside a test run, with a line in {@code
 * bench/crash.tsv} for each run of ten. For one thread.
 */
final class CrashBench {
  private static final String USAGE =
      """
      usage: ./unisono bench crash [--rounds N] [--seed S]

        --rounds N   how many rounds, in runs of ten, each with a seed of its own (20)
        --seed S     the first run's seed, to repeat what failed; any where none is given
      """;

  private static final String COLUMNS = "date\tcommit\trounds\tseed\tfaults\tfailures";

  private final Path home;
  private int rounds = 2 * CrashRounds.MOST;
  private long seed = InstantSource.system().millis() & 0xFFFFFF;

  private CrashBench(Path home) {
    this.home = home;
  }

  /**
   * Exits with 0 where everything held, with 1 where not, with 2 where it was asked for wrongly.
   *
   * @param arguments the options; the project's folder is the property {@code unisono.home}
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    CrashBench bench = new CrashBench(Path.of(System.getProperty("unisono.home", ".")));
    if (!bench.understands(List.of(arguments))) {
      System.err.print(USAGE);
      System.exit(2);
    }
    System.exit(bench.run() ? 0 : 1);
  }

  private boolean understands(List<String> options) {
    try {
      for (int i = 0; i < options.size(); i += 2) {
        String value = i + 1 < options.size() ? options.get(i + 1) : "";
        switch (options.get(i)) {
          case "--rounds" -> rounds = Integer.parseUnsignedInt(value);
          case "--seed" -> seed = Long.parseLong(value);
          default -> {
            return false;
          }
        }
      }
      return rounds > 0;
    } catch (NumberFormatException notOne) {
      return false;
    }
  }

  private boolean run() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("unisono-crash");
    boolean well = true;
    for (int left = rounds; left > 0; left -= CrashRounds.MOST) {
      Path own = Files.createDirectory(folder.resolve("seed-" + seed));
      CrashRounds run =
          CrashRounds.run(own, seed++, Math.min(left, CrashRounds.MOST), System.out::println);
      Throwable failure = run.failure();
      if (failure == null) {
        remove(own);
      } else {
        well = false;
        failure.printStackTrace(System.out);
        System.out.println("the server's log and state are kept in " + own);
      }
      append(line(run));
    }
    if (well) {
      Files.delete(folder);
    }
    return well;
  }

  private String line(CrashRounds run) throws IOException {
    String faults =
        run.faults().entrySet().stream()
            .map(fault -> fault.getKey() + "=" + fault.getValue())
            .collect(Collectors.joining(" "));
    return Stream.of(
            InstantSource.system().instant().atOffset(ZoneOffset.UTC).toLocalDate(),
            commit(),
            run.rounds(),
            run.seed(),
            faults,
            run.failure() == null ? 0 : 1)
        .map(String::valueOf)
        .collect(Collectors.joining("\t"));
  }

  private void append(String line) throws IOException {
    System.out.println(line);
    Path file = home.resolve("bench/crash.tsv");
    String before = Files.exists(file) ? "" : COLUMNS + "\n";
    Files.writeString(
        file, before + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** The commit that is checked out, marked where something was changed since. */
  private String commit() throws IOException {
    Process git =
        new ProcessBuilder("git", "describe", "--always", "--dirty", "--exclude=*")
            .directory(home.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return said.isEmpty() ? "unknown" : said;
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
