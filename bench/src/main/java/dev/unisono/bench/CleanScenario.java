package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** {@code clean}: what a row costs on its way through standardize and validate. For one thread. */
final class CleanScenario implements Scenario {
  static final String NAME = "clean";
  static final List<String> CONTENDERS = List.of("all", "schema", "steps", "rules", "people");
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Path folder;
  private int run;

  CleanScenario(Path folder) {
    this.folder = folder;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "ns";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(new Ratio("all", "3000"));
  }

  @Override
  public Map<String, String> conditions() {
    return Map.of(
        "row",
        "ten fields, all that is asked holds; half of the rows are not yet in their standard form",
        "all",
        "schema, steps and rules together",
        "schema",
        "ranges, lengths, a pattern, an enum and format: email over eight of the fields",
        "steps",
        "five: trim, collapse-spaces, trim, upper-case, unicode-nfc",
        "rules",
        "five in CEL over two fields each",
        "people",
        "five steps: name, email, country, phone, trim",
        "measured",
        "by JMH: five times two seconds, after as many to warm up; a process for each");
  }

  @Override
  public void open() {
    // Nothing is shared.
  }

  @Override
  public Run run(String contender) throws InterruptedException {
    Path log = folder.resolve(NAME + "-" + ++run + ".log");
    try (ChildProcess child = ChildProcess.start(log, NAME, Map.of("asked", contender))) {
      JsonNode measured = child.awaitResult(LIMIT);
      return new Run(
          Map.of("", measured.get("nanos").doubleValue()),
          measured.get("cpuSeconds").doubleValue(),
          measured.get("peakMemoryBytes").longValue());
    }
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
