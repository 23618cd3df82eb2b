package dev.unisono.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * No input breaks a parser, has it hang, or fill the memory: some seconds for all of them with the
 * same first number; or as long as {@code -Dfuzz.seconds=} says, with another one each time, {@code
 * -Dfuzz.parser=} for one of them alone. What is found lies under {@code target/fuzz}.
 */
class FuzzTest {
  private static final Path FOLDER = Path.of("target", "fuzz").toAbsolutePath();
  private static final int SHORT_SECONDS = 30;
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", SHORT_SECONDS);
  private static final @Nullable String ONLY = System.getProperty(FuzzParser.ONLY);

  /** For a parser's whole life: what it holds on to for each input is too much soon. */
  private static final String MEMORY = "-Xmx256m";

  @TempDir(cleanup = CleanupMode.ALWAYS)
  private Path classes;

  @Test
  void noInputBreaksAParser() throws Exception {
    Path corpus = Files.createDirectories(FOLDER.resolve("corpus"));
    writeSeeds(corpus);
    Path log = FOLDER.resolve("log");
    Process process =
        new ProcessBuilder(command(corpus))
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertTrue(process.waitFor(SECONDS + 240L, TimeUnit.SECONDS), "the fuzzer has not ended");
    } finally {
      process.destroyForcibly();
    }
    List<String> printed = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    assertEquals(0, process.exitValue(), () -> FOLDER + "\n" + finding(printed));
    assertTrue(
        printed.stream().anyMatch(line -> line.contains("INITED cov: ")),
        "the fuzzer did not see which way inputs took: it could not follow our classes");
  }

  private List<String> command(Path corpus) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (ONLY != null) {
      command.add("-D" + FuzzParser.ONLY + "=" + ONLY);
    }
    command.addAll(
        List.of(
            MEMORY,
            "-Xss1m",
            "-XX:+EnableDynamicAgentLoading",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            Instrumentable.of(System.getProperty("java.class.path"), classes).classPath(),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + FuzzParser.class.getName(),
            "--instrumentation_includes=dev.unisono.**",
            "--custom_hook_includes=dev.unisono.**",
            // A pattern is what a config may give: that it is taken is no fault.
            "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.RegexInjection",
            "--reproducer_path=" + FOLDER,
            "-artifact_prefix=" + FOLDER + "/",
            "-max_total_time=" + SECONDS,
            "-max_len=4096",
            "-timeout=10",
            "-rss_limit_mb=0"));
    if (SECONDS == SHORT_SECONDS) {
      command.add("-seed=1");
    }
    command.add(corpus.toString());
    return command;
  }

  /** For it to begin with. */
  private static void writeSeeds(Path corpus) throws IOException {
    for (Parser parser : Parser.values()) {
      if (ONLY == null || ONLY.equals(parser.name())) {
        List<byte[]> seeds = parser.seeds();
        for (int i = 0; i < seeds.size(); i++) {
          Files.write(
              corpus.resolve(parser.name() + "-" + i), FuzzParser.input(parser, seeds.get(i)));
        }
      }
    }
  }

  private static String finding(List<String> printed) {
    int from = 0;
    for (int i = 0; i < printed.size(); i++) {
      if (printed.get(i).startsWith("== Java Exception") || printed.get(i).contains("ERROR: ")) {
        from = i;
        break;
      }
    }
    return String.join("\n", printed.subList(from, Math.min(printed.size(), from + 40)));
  }
}
