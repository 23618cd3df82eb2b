package dev.unisono.cli;

import dev.unisono.engine.assess.AssessedSystem;
import dev.unisono.engine.assess.AssessedSystem.Unread;
import dev.unisono.engine.assess.AssessedTable;
import dev.unisono.engine.assess.Finding;
import dev.unisono.engine.assess.SampleBinding;
import dev.unisono.engine.assess.TableFindings;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedServer.Way;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One system, looked at: reached, asked what it has, its tables one after another, and then whether
 * they could be synced. What goes wrong is a finding, and keeps nothing else from being looked at.
 * For one thread.
 */
final class SystemLook implements AutoCloseable {
  private static final int PINGS = 5;
  private static final long LONG_TRIP_NANOS = 50_000_000;

  private final SystemConfig config;
  private final boolean read;
  private final SampleOptions sample;
  private final Progress progress;
  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, TableLook> looks = new LinkedHashMap<>();
  private final Map<String, Problem> failed = new LinkedHashMap<>();
  private @Nullable ConnectedSystem connected;
  private @Nullable Survey survey;
  private @Nullable SurveyedServer server;
  private long roundTripNanos;
  private List<String> tables = List.of();
  private int tableCount;

  /**
   * @param read false where the config only writes to it, so that it need not be fit to be read
   */
  SystemLook(SystemConfig config, boolean read, SampleOptions sample, Progress progress) {
    this.config = config;
    this.read = read;
    this.sample = sample;
    this.progress = progress;
  }

  /** Reaches it, and lists its tables. */
  void reach(Predicate<String> wanted) {
    try {
      ConnectedSystem system = connect(List.of(), List.of());
      connected = system;
      Survey opened = system.survey();
      survey = opened;
      SurveyedServer found = opened.server();
      server = found;
      roundTripNanos = roundTrip(opened);
      List<String> all = opened.tables();
      tableCount = all.size();
      tables = all.stream().filter(wanted).toList();
      transport(found);
      progress.expect(tables.size());
    } catch (UnisonoException away) {
      findings.add(Finding.blocker(away.problem()));
    }
  }

  private ConnectedSystem connect(List<Binding> reads, List<Binding> writes) {
    return config
        .connector()
        .connect(new SystemContext(config.name(), config.settings(), reads, writes, Map.of()));
  }

  private static long roundTrip(Survey survey) {
    long[] trips = new long[PINGS];
    for (int i = 0; i < PINGS; i++) {
      long began = System.nanoTime();
      survey.ping();
      trips[i] = System.nanoTime() - began;
    }
    Arrays.sort(trips);
    return trips[PINGS / 2];
  }

  private void transport(SurveyedServer found) {
    String path = "systems." + config.name();
    if (found.way() == Way.PLAIN) {
      findings.add(
          Finding.warning(
              new Problem(
                  "not-encrypted",
                  ProblemType.USER,
                  "What goes to " + config.name() + " and comes from there can be read on the way.",
                  path,
                  "Encrypt the connection by the settings of its connector or its url.")));
    }
    if (roundTripNanos > LONG_TRIP_NANOS) {
      findings.add(
          Finding.note(
              new Problem(
                  "long-round-trip",
                  ProblemType.USER,
                  "An answer takes " + Words.milliseconds(roundTripNanos) + ".",
                  path,
                  "Run Unisono nearer to it: what is written there waits for answers.")));
    }
    if (tableCount == 0) {
      findings.add(
          Finding.note(
              new Problem(
                  "no-tables",
                  ProblemType.USER,
                  config.name() + " has no tables, or none that may be seen.",
                  path,
                  "As a target it can be given those of others: create-table: true.")));
    }
  }

  /** Looks at its tables. */
  void look() {
    Survey opened = survey;
    if (opened == null) {
      return;
    }
    LoadBudget budget = LoadBudget.of(sample.percent());
    for (String table : tables) {
      progress.at(config.name(), table);
      try {
        looks.put(table, TableLook.of(opened, table, sample.rows(), budget));
      } catch (UnisonoException unread) {
        failed.put(table, unread.problem());
      }
      progress.tableDone();
    }
  }

  /** What all that came to. */
  AssessedSystem assessed() {
    Map<String, Binding> bindings = new LinkedHashMap<>();
    looks.forEach((name, look) ->
        SampleBinding.of(look.table(), look.suggested())
            .ifPresent(binding -> bindings.put(name, binding)));
    Map<String, List<Finding>> ofTables = new HashMap<>();
    if (!bindings.isEmpty()) {
      List<Binding> all = List.copyOf(bindings.values());
      try (ConnectedSystem reading = connect(all, List.of())) {
        take(reading.check(), read, bindings, ofTables);
        reading
            .notices(Map.of())
            .forEach(notice -> place(Finding.note(notice), bindings, ofTables));
      }
    }
    Map<String, Problem> unwritten = unwritten(bindings);
    List<AssessedTable> assessed = new ArrayList<>();
    for (TableLook look : looks.values()) {
      String name = look.table().name();
      List<Finding> found =
          new ArrayList<>(TableFindings.of(look.table(), look.profile(), look.suggested()));
      if (!bindings.containsKey(name)) {
        found.stream()
            .filter(Finding::blocks)
            .forEach(finding -> unwritten.put(name, finding.problem()));
      }
      found.addAll(ofTables.getOrDefault(name, List.of()));
      assessed.add(
          new AssessedTable(
              look.table(),
              look.profile(),
              look.whole(),
              look.suggested(),
              look.rowsASecond(),
              unwritten.get(name),
              found));
    }
    List<Unread> unread = new ArrayList<>();
    failed.forEach((table, problem) -> unread.add(new Unread(table, problem)));
    return new AssessedSystem(
        config.name(),
        config.connector().kind(),
        config.connector().readsByQuery(),
        read,
        server,
        roundTripNanos,
        tableCount,
        assessed,
        unread,
        findings);
  }

  private void take(
      List<Problem> problems,
      boolean block,
      Map<String, Binding> bindings,
      Map<String, List<Finding>> ofTables) {
    for (Problem problem : problems) {
      place(block ? Finding.blocker(problem) : Finding.note(problem), bindings, ofTables);
    }
  }

  /** To the table that it is about; to the system, where it is about none. */
  private void place(
      Finding finding, Map<String, Binding> bindings, Map<String, List<Finding>> ofTables) {
    String table = table(finding.problem(), bindings);
    if (table == null) {
      findings.add(finding);
    } else {
      ofTables.computeIfAbsent(table, any -> new ArrayList<>()).add(finding);
    }
  }

  private static @Nullable String table(Problem problem, Map<String, Binding> bindings) {
    String path = problem.configPath();
    @Nullable String found = null;
    for (Map.Entry<String, Binding> binding : bindings.entrySet()) {
      String place = binding.getValue().configPath();
      boolean within = path != null && (path.equals(place) || path.startsWith(place + "."));
      // Of two of which one's name begins with the other's the longer one is meant.
      if (within && (found == null || binding.getKey().length() > found.length())) {
        found = binding.getKey();
      }
    }
    return found;
  }

  /** Why tables cannot be written; what is in the way of all of them is told of each. */
  private Map<String, Problem> unwritten(Map<String, Binding> bindings) {
    Map<String, Problem> unwritten = new HashMap<>();
    if (bindings.isEmpty()) {
      return unwritten;
    }
    try (ConnectedSystem writing = connect(List.of(), List.copyOf(bindings.values()))) {
      for (Problem problem : writing.check()) {
        String table = table(problem, bindings);
        if (table == null) {
          bindings.keySet().forEach(each -> unwritten.putIfAbsent(each, problem));
        } else {
          unwritten.putIfAbsent(table, problem);
        }
      }
    }
    return unwritten;
  }

  @Override
  public void close() {
    Survey opened = survey;
    if (opened != null) {
      opened.close();
    }
    ConnectedSystem system = connected;
    if (system != null) {
      system.close();
    }
  }
}
