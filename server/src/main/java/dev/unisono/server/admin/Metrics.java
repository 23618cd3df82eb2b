package dev.unisono.server.admin;

import dev.unisono.engine.Doors;
import dev.unisono.engine.EngineStatus;
import dev.unisono.engine.EngineStatus.SourceStatus;
import dev.unisono.engine.EngineStatus.State;
import dev.unisono.engine.EngineStatus.TargetStatus;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.merge.MergeStatus.OpenConflicts;
import dev.unisono.engine.merge.MergeStatus.OpenMatches;
import dev.unisono.hub.Hub;
import dev.unisono.server.access.SignIn;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.limit.Tally;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.webhook.Webhooks;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** The server's figures in Prometheus' text form. Safe for threads. */
public final class Metrics {
  private static final String SOURCE = "unisono.source.";
  private static final String TARGET = "unisono.target.";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Doors doors;
  private final Set<String> meteredSources = new HashSet<>();
  private final Set<String> meteredTargets = new HashSet<>();
  private final Set<String> meteredSyncs = new HashSet<>();
  private final Set<String> meteredMatches = new HashSet<>();
  private final Set<String> meteredWarnings = new HashSet<>();
  private final Set<String> meteredLimits = new HashSet<>();
  private final Limits limits;

  /** What the figures of one scrape are taken from. */
  private volatile EngineStatus now;

  public Metrics(
      Doors doors,
      Operations operations,
      Hub hub,
      Webhooks webhooks,
      Limits limits,
      SignIn signIns) {
    this.doors = doors;
    this.limits = limits;
    this.now = doors.status();
    gauge("unisono.journal.head", "The newest journal sequence.", EngineStatus::journalHead);
    gauge("unisono.journal.oldest", "The oldest journal sequence.", EngineStatus::journalOldest);
    gauge("unisono.journal.bytes", "What the journal takes on disk.", EngineStatus::journalBytes);
    gauge(
        "unisono.records.lag.entries",
        "Journal entries that the records do not reflect yet.",
        status -> status.journalHead() - status.recordsSequence());
    gauge(
        "unisono.merge.clocks.apart.seconds",
        "How far the clocks of the members furthest apart are.",
        status -> status.merges().clocksApartBy().toMillis() / 1000.0);
    gauge(
        "unisono.dead.letters",
        "Changes that were refused or are held, and wait for somebody.",
        status -> status.deadLetters().open());
    gauge(
        "unisono.dead.letters.held",
        "Those of them that a rule has held until a person lets them through.",
        status -> status.deadLetters().held());
    gauge(
        "unisono.dead.letters.limit",
        "How many may wait before sources do.",
        status -> status.deadLetters().limit());
    gauge(
        "unisono.state.failing",
        "1 where nothing is committed, or the records do not follow.",
        status -> status.problem() == null ? 0 : 1);
    Gauge.builder("unisono.stream.subscriptions", hub, Hub::subscribers)
        .description("Live subscriptions.")
        .register(registry);
    for (Action action : Action.values()) {
      FunctionCounter.builder("unisono.operations", operations, all -> (double) all.count(action))
          .tag("action", action.label())
          .description("What callers have begun, by whichever door.")
          .register(registry);
    }
    FunctionCounter.builder(
            "unisono.merge.conflicts", doors, all -> (double) now.merges().conflicts())
        .description("Fields written by two members, neither in knowledge of the other.")
        .register(registry);
    FunctionCounter.builder("unisono.stream.writes", hub, Hub::sent)
        .description("Blocks of events written to connections.")
        .register(registry);
    meterWebhooks(webhooks);
    Gauge.builder("unisono.limit.store.away", limits, all -> all.away() ? 1 : 0)
        .description("1 while limits are to be counted in a Redis that does not answer.")
        .register(registry);
    FunctionCounter.builder("unisono.sign.in.failures", signIns, all -> (double) all.failures())
        .description("Attempts to sign in that were refused.")
        .register(registry);
    Gauge.builder("unisono.locked.accounts", signIns, all -> (double) all.locked())
        .description("People who have to wait before they may try to sign in again.")
        .register(registry);
  }

  /** The config may have other rules by now. */
  private void meterLimits() {
    limits
        .tallies()
        .forEach((rule, tally) -> {
          if (meteredLimits.add(rule)) {
            limit("checks", "Requests that were held against a limit.", rule, tally, Tally::checks);
            limit("refusals", "Those of them it refused.", rule, tally, Tally::refusals);
            limit("delays", "Those of them it had wait.", rule, tally, Tally::delays);
          }
        });
  }

  private void limit(
      String name, String description, String rule, Tally tally, ToLongFunction<Tally> count) {
    FunctionCounter.builder("unisono.limit." + name, tally, count::applyAsLong)
        .tag("rule", rule)
        .description(description)
        .register(registry);
  }

  private void meterWebhooks(Webhooks webhooks) {
    for (String outcome : Webhooks.outcomes()) {
      FunctionCounter.builder(
              "unisono.webhook.attempts", webhooks, all -> (double) all.attempts(outcome))
          .tag("outcome", outcome)
          .description("Attempts to deliver a message to a webhook endpoint.")
          .register(registry);
    }
    Gauge.builder("unisono.webhook.endpoints", webhooks, all -> all.figures().endpoints())
        .description("Webhook endpoints there are.")
        .register(registry);
    Gauge.builder("unisono.webhook.disabled", webhooks, all -> all.figures().disabled())
        .description("Those of them that were disabled because they failed or did not want more.")
        .register(registry);
    Gauge.builder("unisono.webhook.failing", webhooks, all -> all.figures().failing())
        .description("Those of them whose last attempt failed.")
        .register(registry);
    Gauge.builder("unisono.webhook.waiting", webhooks, all -> (double) all.figures().waiting())
        .description("Messages that failed, or are behind one of the same key that did.")
        .register(registry);
    Gauge.builder(
            "unisono.webhook.lag.entries", webhooks, all -> (double) all.figures().lagEntries())
        .description("Journal entries that the endpoint furthest behind has not passed.")
        .register(registry);
  }

  /** Systems come and go with the config. */
  private void meterSystems() {
    Set<String> sources =
        now.sources().stream().map(SourceStatus::system).collect(Collectors.toSet());
    Set<String> targets =
        now.targets().stream().map(TargetStatus::system).collect(Collectors.toSet());
    forget(SOURCE, meteredSources, sources);
    forget(TARGET, meteredTargets, targets);
    sources.stream().filter(meteredSources::add).forEach(this::addSource);
    targets.stream().filter(meteredTargets::add).forEach(this::addTarget);
    now.merges().open().stream()
        .map(OpenConflicts::sync)
        .filter(meteredSyncs::add)
        .forEach(this::addSync);
    now.merges().matches().stream()
        .map(OpenMatches::sync)
        .filter(meteredMatches::add)
        .forEach(this::addMatches);
    now.warnings().stream()
        .filter(count -> meteredWarnings.add(count.entity() + " " + count.code()))
        .forEach(count -> addWarning(count.entity(), count.code()));
  }

  /** A rule that is gone has none. */
  private void addWarning(String entity, String code) {
    FunctionCounter.builder("unisono.warnings", doors, all -> (double) warnings(entity, code))
        .tag("entity", entity)
        .tag("code", code)
        .description("Rows that passed although a rule that only warns does not hold for them.")
        .register(registry);
  }

  private long warnings(String entity, String code) {
    return now.warnings().stream()
        .filter(count -> count.entity().equals(entity) && count.code().equals(code))
        .mapToLong(Warnings.Count::rows)
        .sum();
  }

  /** One that is merged no longer has none. */
  private void addSync(String sync) {
    Gauge.builder("unisono.merge.conflicts.open", doors, all -> (double) openConflicts(sync))
        .tag("sync", sync)
        .description("Conflicts that wait for a person to decide.")
        .register(registry);
  }

  private long openConflicts(String sync) {
    return now.merges().open().stream()
        .filter(open -> open.sync().equals(sync))
        .mapToLong(OpenConflicts::count)
        .sum();
  }

  /** One without fuzzy rules has none. */
  private void addMatches(String sync) {
    Gauge.builder("unisono.merge.matches.open", doors, all -> matches(sync, OpenMatches::count))
        .tag("sync", sync)
        .description("Pairs of records that may be one and wait for a person.")
        .register(registry);
    FunctionCounter.builder(
            "unisono.merge.blocks.crowded", doors, all -> matches(sync, OpenMatches::crowdedBlocks))
        .tag("sync", sync)
        .description("Rows that were compared with a part of a block alone, which has too many.")
        .register(registry);
  }

  private double matches(String sync, ToLongFunction<OpenMatches> count) {
    return now.merges().matches().stream()
        .filter(open -> open.sync().equals(sync))
        .mapToLong(count)
        .sum();
  }

  private void forget(String prefix, Set<String> metered, Set<String> present) {
    for (Meter meter : registry.getMeters()) {
      String system = meter.getId().getTag("system");
      if (system != null
          && meter.getId().getName().startsWith(prefix)
          && !present.contains(system)) {
        registry.remove(meter);
      }
    }
    metered.retainAll(present);
  }

  private void gauge(String name, String description, ToDoubleFunction<EngineStatus> value) {
    Gauge.builder(name, doors, all -> value.applyAsDouble(now))
        .description(description)
        .register(registry);
  }

  private SourceStatus source(String system) {
    return now.sources().stream()
        .filter(source -> source.system().equals(system))
        .findAny()
        .orElseThrow();
  }

  private void addSource(String system) {
    FunctionCounter.builder(
            "unisono.source.changes", doors, all -> (double) source(system).changes())
        .tag("system", system)
        .description("Changes taken since the start.")
        .register(registry);
    Gauge.builder("unisono.source.lag", doors, all -> source(system).lagSeconds())
        .tag("system", system)
        .baseUnit("seconds")
        .description("From a change's commit until it was durable here, for the last one.")
        .register(registry);
    Gauge.builder(
            "unisono.source.behind", doors, all -> (double) source(system).progress().lagBytes())
        .tag("system", system)
        .baseUnit("bytes")
        .description("How much of the system's log is still to be read; -1 where unknown.")
        .register(registry);
    Gauge.builder(
            "unisono.source.retained",
            doors,
            all -> (double) source(system).progress().retained().bytes())
        .tag("system", system)
        .baseUnit("bytes")
        .description("What the system keeps of its log for us; -1 where unknown.")
        .register(registry);
    Gauge.builder("unisono.source.schema.differences", doors, all -> differences(system))
        .tag("system", system)
        .description("Columns that are not synced since they were added, dropped or renamed.")
        .register(registry);
    Gauge.builder(
            "unisono.source.safe",
            doors,
            all -> (double) source(system).progress().retained().safeBytes())
        .tag("system", system)
        .baseUnit("bytes")
        .description("Log to be written until the system gives us up; -1 where it never does.")
        .register(registry);
    Gauge.builder(
            "unisono.source.budget.share",
            doors,
            all -> source(system).progress().retained().budgetShare())
        .tag("system", system)
        .description("The part of log-budget that is used; 0 without one.")
        .register(registry);
    Gauge.builder(
            "unisono.source.repairing",
            doors,
            all -> source(system).progress().repair() == null ? 0 : 1)
        .tag("system", system)
        .description("1 while tables are read and compared again, since changes may be missing.")
        .register(registry);
    Gauge.builder(
            "unisono.source.up", doors, all -> source(system).state() == State.RUNNING ? 1 : 0)
        .tag("system", system)
        .description("1 while it is read.")
        .register(registry);
  }

  private double differences(String system) {
    return source(system).progress().tables().stream()
        .mapToDouble(table -> table.differences().size())
        .sum();
  }

  private TargetStatus target(String system) {
    return now.targets().stream()
        .filter(target -> target.system().equals(system))
        .findAny()
        .orElseThrow();
  }

  private void addTarget(String system) {
    FunctionCounter.builder(
            "unisono.target.delivered", doors, all -> (double) target(system).delivered())
        .tag("system", system)
        .description("Entries delivered since the start.")
        .register(registry);
    Gauge.builder("unisono.target.lag.entries", doors, all -> (double) target(system).lagEntries())
        .tag("system", system)
        .description("Journal entries not delivered yet.")
        .register(registry);
    Gauge.builder("unisono.target.lag", doors, all -> target(system).lagSeconds())
        .tag("system", system)
        .baseUnit("seconds")
        .description("Age of the oldest change in line.")
        .register(registry);
    Gauge.builder("unisono.target.parked", doors, all -> (double) target(system).parked())
        .tag("system", system)
        .description("Rows it refused that are set aside and tried again.")
        .register(registry);
    Gauge.builder("unisono.target.rejected", doors, all -> (double) target(system).rejected())
        .tag("system", system)
        .description("Rows it refused that were given up.")
        .register(registry);
    Gauge.builder("unisono.target.up", doors, all -> written(target(system).state()) ? 1 : 0)
        .tag("system", system)
        .description("1 while it is written.")
        .register(registry);
  }

  private static boolean written(State state) {
    return state == State.RUNNING || state == State.RECONCILING;
  }

  synchronized String scrape() {
    now = doors.status();
    meterSystems();
    meterLimits();
    return registry.scrape();
  }
}
