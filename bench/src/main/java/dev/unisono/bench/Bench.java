package dev.unisono.bench;

import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code bench}: measures Unisono beside its peers. For one thread. */
@Command(
    name = "unisono bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures Unisono beside its peers on this machine, in turns, each in a fresh process.",
      "  log       how fast a backlog in a PostgreSQL slot is read",
      "  pipeline  how fast a backlog gets from one PostgreSQL into another",
      "  latency   how long after its commit a change is at a client, and in the target",
      "  soak      many rows through a small heap: does memory or the cost of a row grow",
      "  source-load  what being read costs the source database",
      "  merge     how many changes of several members that write the same records are merged",
      "  members   how long after its commit an edit is in two other members, and how many keep pace",
      "  clean     what a row costs on its way through standardize and validate",
      "  fanout    how many deliveries of events reach many subscribers in time",
      "  rest      how many requests a second are answered, and how late",
      "  snapshot  how fast a table's snapshot is read, and what it costs the source database",
      "A machine is noisy: compare by ratio, in one run. See bench/RESULTS.md."
    })
final class Bench implements Callable<Integer> {
  private static final long FULL_CHANGES = 700_000;
  private static final long FULL_ROWS = 10_000_000;
  private static final long LEAST_ROWS = 10_000;

  /** Some batches of any contender. */
  private static final long LEAST_CHANGES = 20_000;

  private static final Map<String, List<String>> CONTENDERS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(LogScenario.NAME, LogScenario.CONTENDERS),
              Map.entry(FanoutScenario.NAME, FanoutScenario.CONTENDERS),
              Map.entry(PipelineScenario.NAME, PipelineScenario.CONTENDERS),
              Map.entry(LatencyScenario.NAME, LatencyScenario.CONTENDERS),
              Map.entry(SoakScenario.NAME, SoakScenario.CONTENDERS),
              Map.entry(SourceLoadScenario.NAME, SourceLoadScenario.CONTENDERS),
              Map.entry(MergeScenario.NAME, MergeScenario.CONTENDERS),
              Map.entry(MembersScenario.NAME, MembersScenario.CONTENDERS),
              Map.entry(CleanScenario.NAME, CleanScenario.CONTENDERS),
              Map.entry(LimitScenario.NAME, LimitScenario.CONTENDERS),
              Map.entry(RestScenario.NAME, RestScenario.CONTENDERS),
              Map.entry(SnapshotScenario.NAME, SnapshotScenario.CONTENDERS)));

  /** Where the whole server runs, by a config. */
  private static final List<String> VARIED =
      List.of(
          PipelineScenario.NAME,
          LatencyScenario.NAME,
          SoakScenario.NAME,
          SourceLoadScenario.NAME,
          SnapshotScenario.NAME);

  @Parameters(
      paramLabel = "SCENARIO",
      arity = "0..*",
      description =
          "log, pipeline, latency, soak, source-load, snapshot, merge, members, clean, limits, fanout or rest; the first"
              + " three where none is named")
  private List<String> scenarios = new ArrayList<>();

  @Option(
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "3",
      description = "how often each contender runs, in turns (${DEFAULT-VALUE})")
  private int repeats;

  @Option(
      names = "--changes",
      paramLabel = "N",
      defaultValue = "280000",
      description =
          "changes in the backlog of log and pipeline, and edits of merge and members, in hundreds"
              + " (${DEFAULT-VALUE})")
  private long changes;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "rows of soak and snapshot, in thousands (${DEFAULT-VALUE})")
  private long rows;

  @Option(
      names = "--full",
      description = "700,000 changes or 10,000,000 rows of soak, for figures to be kept")
  private boolean full;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "200",
      description = "transactions a second of latency and members (${DEFAULT-VALUE})")
  private int perSecond;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "how long latency, members, source-load, rest and snapshot measure once warm (${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--contenders",
      paramLabel = "A,B",
      split = ",",
      description = "these alone, such as unisono,debezium-tuned")
  private List<String> contenders = new ArrayList<>();

  @Option(
      names = "--vary",
      paramLabel = "PART.OPTION=A,B",
      description =
          "unisono with each of these values of an option of source, target or state, such as"
              + " source.read-batch=1000,100, after what --contenders names; all are compared to"
              + " the first")
  private @Nullable String vary;

  @Option(
      names = "--json",
      description = "end each scenario with one JSON object on a line of its own")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  private final InstantSource clock = InstantSource.system();
  private final CountDownLatch ended = new CountDownLatch(1);

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }

  @Override
  public Integer call() {
    Map<String, List<String>> chosen = chosen();
    Thread.currentThread().setName("bench");
    Runtime.getRuntime().addShutdownHook(endHook(Thread.currentThread()));
    Path folder = temporaryFolder();
    try {
      for (Map.Entry<String, List<String>> each : chosen.entrySet()) {
        measure(scenario(each.getKey(), folder), each.getValue());
      }
      remove(folder);
      return 0;
    } catch (BenchFailure | IllegalStateException | UncheckedIOException | SQLException failed) {
      System.err.println("bench-failed: " + failed.getMessage());
      System.err.println("The logs are in " + folder + ".");
      return 1;
    } catch (InterruptedException stopped) {
      remove(folder);
      return 1;
    } finally {
      ended.countDown();
    }
  }

  private void measure(Scenario scenario, List<String> chosen)
      throws SQLException, InterruptedException {
    try (scenario) {
      Results results =
          new Comparison(scenario, chosen, repeats, System.out::println)
              .measure(Conditions.machine(ServerProcess.projectFolder(), clock));
      System.out.println(results.text());
      if (json) {
        System.out.println(results.json());
      }
    }
  }

  private Scenario scenario(String name, Path folder) {
    long backlog = full ? FULL_CHANGES : changes;
    return switch (name) {
      case LogScenario.NAME -> new LogScenario(folder, backlog);
      case PipelineScenario.NAME -> new PipelineScenario(folder, backlog, clock);
      case SoakScenario.NAME -> new SoakScenario(folder, full ? FULL_ROWS : rows, clock);
      case FanoutScenario.NAME -> new FanoutScenario(folder);
      case CleanScenario.NAME -> new CleanScenario(folder);
      case LimitScenario.NAME -> new LimitScenario(folder);
      case RestScenario.NAME -> new RestScenario(folder, seconds);
      case MergeScenario.NAME -> new MergeScenario(folder, backlog);
      case MembersScenario.NAME -> new MembersScenario(folder, perSecond, seconds, backlog, clock);
      case SnapshotScenario.NAME -> new SnapshotScenario(folder, full ? FULL_ROWS : rows, seconds);
      case SourceLoadScenario.NAME -> new SourceLoadScenario(folder, seconds);
      default -> new LatencyScenario(folder, perSecond, seconds, clock);
    };
  }

  /** Which contenders run in which scenario, in the order they were named or declared. */
  private Map<String, List<String>> chosen() {
    List<String> named =
        scenarios.isEmpty()
            ? List.of(LogScenario.NAME, PipelineScenario.NAME, LatencyScenario.NAME)
            : scenarios;
    if (repeats < 1
        || perSecond < 1
        || seconds < 1
        || changes < LEAST_CHANGES
        || changes % 100 != 0
        || rows < LEAST_ROWS
        || rows % 1_000 != 0) {
      throw usage(
          "--repeats, --rate and --seconds are 1 at least; --changes is 20000 at least, in hundreds;"
              + " --rows is 10000 at least, in thousands");
    }
    Map<String, List<String>> chosen = new LinkedHashMap<>();
    List<String> unknown = new ArrayList<>(contenders);
    for (String scenario : named) {
      List<String> all = CONTENDERS.get(scenario);
      if (all == null) {
        throw usage("there is no scenario '" + scenario + "'; there are " + CONTENDERS.keySet());
      }
      List<String> some =
          contenders.isEmpty() ? all : contenders.stream().filter(all::contains).toList();
      unknown.removeAll(all);
      List<String> running =
          new ArrayList<>(vary != null && contenders.isEmpty() ? List.of() : some);
      running.addAll(variants(scenario));
      if (running.isEmpty()) {
        throw usage("none of these runs in " + scenario + "; there are " + all);
      }
      chosen.put(scenario, running);
    }
    if (!unknown.isEmpty()) {
      throw usage("no such contender: " + unknown + "; there are " + CONTENDERS);
    }
    return chosen;
  }

  /** The server with each value that is asked for. */
  private List<String> variants(String scenario) {
    List<String> variants = vary == null ? List.of() : Variant.texts(vary);
    if (vary != null && (variants.isEmpty() || !VARIED.contains(scenario))) {
      throw usage(
          "--vary is written like source.read-batch=1000,100, and for scenarios among " + VARIED);
    }
    return variants;
  }

  private ParameterException usage(String message) {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("not started as a command");
    }
    return new ParameterException(known.commandLine(), message);
  }

  /**
   * On Ctrl-C the virtual machine ends when its hooks have: this one waits for what was started.
   */
  private Thread endHook(Thread measuring) {
    return Thread.ofPlatform()
        .name("bench-end")
        .unstarted(() -> {
          if (ended.getCount() == 0) {
            return;
          }
          measuring.interrupt();
          try {
            if (!ended.await(60, TimeUnit.SECONDS)) {
              System.err.println("bench-failed: what was started does not end");
            }
          } catch (InterruptedException gone) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("unisono-bench");
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot remove " + folder, failed);
    }
  }
}
