package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@code merge}: how many edits of three members that write the same records the engine merges,
 * with nothing of a database's cost. For one thread.
 */
final class MergeScenario implements Scenario {
  static final String NAME = "merge";
  static final List<String> CONTENDERS = List.of("engine");
  private static final int RECORDS = 99_999;
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final Path folder;
  private final long edits;
  private int run;

  MergeScenario(Path folder, long edits) {
    this.folder = folder;
    this.edits = edits;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "changes/s";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(new Ratio("engine", "20000"));
  }

  @Override
  public Map<String, String> conditions() {
    return Map.of(
        "members",
        "three, in memory, that show what they are told at once; the engine's state is on disk",
        "records",
        RECORDS + " of five fields; each member edits a third of them, one after the other",
        "merged",
        edits + " edits, until the last is in the journal; every other member is told meanwhile",
        "told",
        "changes that members took meanwhile and showed again; one stands for several edits where"
            + " they came faster than a member");
  }

  @Override
  public void open() {
    // Nothing is shared.
  }

  @Override
  public Run run(String contender) throws InterruptedException {
    String name = NAME + "-" + ++run;
    Map<String, String> parameters =
        Map.of(
            "folder",
            folder.resolve(name).toString(),
            "records",
            Integer.toString(RECORDS),
            "changes",
            Long.toString(edits));
    try (ChildProcess child =
        ChildProcess.start(folder.resolve(name + ".log"), "merge", parameters)) {
      JsonNode measured = child.awaitResult(LIMIT);
      return new Run(
          Map.of(
              "", measured.get("rate").doubleValue(),
              "told", measured.get("written").doubleValue()),
          measured.get("cpuSeconds").doubleValue(),
          measured.get("peakMemoryBytes").longValue());
    }
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
