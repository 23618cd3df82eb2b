package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@code limits}: what it costs to hold a request against limits in memory, and to know who asks
 * and what they may see. For one thread.
 */
final class LimitScenario implements Scenario {
  static final String NAME = "limits";
  static final List<String> CONTENDERS =
      List.of("three-levels", "one-level", "three-rules", "whole");
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Path folder;
  private int run;

  LimitScenario(Path folder) {
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
    return List.of(new Ratio("three-levels", "3000"), new Ratio("whole", "20000"));
  }

  @Override
  public Map<String, String> conditions() {
    return Map.of(
        "request",
        "of a thousand callers in turns, counted by caller; all pass",
        "three-levels",
        "one rule, token-bucket, a second, a minute and a day",
        "one-level",
        "one rule, token-bucket, a second",
        "three-rules",
        "three rules of one level each: token-bucket, sliding-window, fixed-window",
        "whole",
        "a key's token is read, its right to get a record is looked up, the record is reduced by a"
            + " condition, a mask and a hidden field, and three-levels",
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
