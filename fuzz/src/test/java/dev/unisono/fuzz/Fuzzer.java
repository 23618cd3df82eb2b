package dev.unisono.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Runs Jazzer in a process of its own, over all parsers or one of them. What it is given and what
 * it finds lies in one folder. For one thread.
 */
final class Fuzzer {
  /** For a parser's whole life: what it holds on to for each input is too much soon. */
  private static final String MEMORY = "-Xmx256m";

  private static final Pattern DONE = Pattern.compile("Done (\\d+) (?:runs )?in .*");
  private static final long START_SECONDS = 240;
  private static final int SHOWN_LINES = 40;

  private final Path folder;
  private final String classPath;

  /**
   * What came of a run.
   *
   * @param runs how many inputs were tried; 0 where that was not told
   * @param finding what broke, hung or was too large; null where nothing did
   */
  record Outcome(long runs, @Nullable String finding) {}

  /**
   * @param folder for the corpus, the log and what is found
   * @param classes for the classes that it follows; empty, removed by whoever has made it
   */
  Fuzzer(Path folder, Path classes) throws IOException {
    this.folder = folder.toAbsolutePath();
    this.classPath = Instrumentable.of(System.getProperty("java.class.path"), classes).classPath();
  }

  /**
   * Tries inputs for some seconds, or until one is found that breaks a parser.
   *
   * @param only one parser alone; null for all
   * @param seed for a run that can be repeated; 0 for another one each time
   */
  Outcome run(@Nullable Parser only, long seconds, int seed)
      throws IOException, InterruptedException {
    Path corpus =
        Files.createDirectories(
            folder.resolve("corpus").resolve(only == null ? "all" : only.name()));
    writeSeeds(corpus, only);
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command(corpus, only, seconds, seed))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended;
    try {
      ended = process.waitFor(seconds + START_SECONDS, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly().waitFor();
    }
    List<String> printed = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    return new Outcome(runs(printed), finding(printed, ended ? process.exitValue() : -1));
  }

  private List<String> command(Path corpus, @Nullable Parser only, long seconds, int seed) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (only != null) {
      command.add("-D" + FuzzParser.ONLY + "=" + only);
    }
    command.addAll(
        List.of(
            MEMORY,
            "-Xss1m",
            "-XX:+EnableDynamicAgentLoading",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            classPath,
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + FuzzParser.class.getName(),
            "--instrumentation_includes=dev.unisono.**",
            "--custom_hook_includes=dev.unisono.**",
            // A pattern is what a config may give: that it is taken is no fault.
            "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.RegexInjection",
            "--reproducer_path=" + folder,
            "-artifact_prefix=" + folder + "/",
            "-max_total_time=" + seconds,
            "-max_len=4096",
            "-timeout=30",
            "-rss_limit_mb=0"));
    if (seed != 0) {
      command.add("-seed=" + seed);
    }
    command.add(corpus.toString());
    return command;
  }

  /** For it to begin with. */
  private static void writeSeeds(Path corpus, @Nullable Parser only) throws IOException {
    for (Parser parser : only == null ? List.of(Parser.values()) : List.of(only)) {
      List<byte[]> seeds = parser.seeds();
      for (int i = 0; i < seeds.size(); i++) {
        Files.write(
            corpus.resolve(parser.name() + "-" + i), FuzzParser.input(parser, seeds.get(i)));
      }
    }
  }

  private static long runs(List<String> printed) {
    for (String line : printed.reversed()) {
      Matcher done = DONE.matcher(line);
      if (done.matches()) {
        return Long.parseLong(done.group(1));
      }
    }
    return 0;
  }

  private static @Nullable String finding(List<String> printed, int exit) {
    if (exit == 0) {
      return printed.stream().anyMatch(line -> line.contains("INITED cov: "))
          ? null
          : "the fuzzer did not see which way inputs took: it could not follow our classes";
    }
    int from = 0;
    for (int i = 0; i < printed.size(); i++) {
      if (printed.get(i).startsWith("== Java Exception") || printed.get(i).contains("ERROR: ")) {
        from = i;
        break;
      }
    }
    return "exit "
        + exit
        + "\n"
        + String.join("\n", printed.subList(from, Math.min(printed.size(), from + SHOWN_LINES)));
  }
}
