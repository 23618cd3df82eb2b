package dev.unisono.bench;

import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Measures by JMH, in this process, what limits cost a request. For one thread. */
final class LimitRun {
  private static final int CALLERS = 1_000;
  private static final int ITERATIONS = 5;

  private LimitRun() {}

  /** Nanoseconds for a request. */
  static Map<String, Number> run(Parameters parameters) {
    long process = ProcessHandle.current().pid();
    ProcessUse before = ProcessUse.of(process);
    try {
      Collection<RunResult> results =
          new Runner(
                  new OptionsBuilder()
                      .include(benchmark(parameters.text("asked")))
                      .param("asked", parameters.text("asked"))
                      .mode(Mode.AverageTime)
                      .timeUnit(TimeUnit.NANOSECONDS)
                      // This process was started for nothing else.
                      .forks(0)
                      .warmupIterations(ITERATIONS)
                      .warmupTime(TimeValue.seconds(2))
                      .measurementIterations(ITERATIONS)
                      .measurementTime(TimeValue.seconds(2))
                      .verbosity(VerboseMode.SILENT)
                      .build())
              .run();
      ProcessUse after = ProcessUse.of(process);
      return Map.of(
          "nanos", results.iterator().next().getPrimaryResult().getScore(),
          "cpuSeconds", after.cpuSecondsSince(before),
          "peakMemoryBytes", after.peakMemoryBytes());
    } catch (RunnerException failed) {
      throw new BenchFailure("JMH cannot run", failed);
    }
  }

  private static String benchmark(String asked) {
    return (asked.equals("whole") ? AdmitBenchmark.class : LimitBenchmark.class).getName();
  }

  static Limits limits(Vertx vertx, String asked) {
    List<LimitRule> rules =
        switch (asked) {
          case "one-level" -> List.of(rule("a", Algorithm.TOKEN_BUCKET, level(1)));
          case "three-levels" ->
              List.of(rule("a", Algorithm.TOKEN_BUCKET, level(1), level(60), level(86_400)));
          case "three-rules" ->
              List.of(
                  rule("a", Algorithm.TOKEN_BUCKET, level(1)),
                  rule("b", Algorithm.SLIDING_WINDOW, level(60)),
                  rule("c", Algorithm.FIXED_WINDOW, level(86_400)));
          default -> throw new IllegalArgumentException("no rules are named " + asked);
        };
    LimitsConfig config =
        new LimitsConfig(null, Map.of(), List.of(), ProxyHeader.X_FORWARDED_FOR, rules);
    return new Limits(vertx, () -> config, Limits.steadyNanos());
  }

  private static LimitRule rule(String name, Algorithm algorithm, LimitLevel... levels) {
    return new LimitRule(
        name,
        Set.of(Dimension.CALLER),
        new LimitScope(Set.of(), List.of(), Set.of()),
        Counted.REQUESTS,
        algorithm,
        List.of(levels),
        null,
        Duration.ZERO);
  }

  /** One that lets all pass. */
  private static LimitLevel level(long seconds) {
    return new LimitLevel(1_000_000_000, Duration.ofSeconds(seconds), seconds + "s");
  }

  static Asked[] callers() {
    Asked[] callers = new Asked[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
      String name = "caller-" + i;
      String path = "/v1/customers";
      callers[i] = new Asked(name, name, "standard", "GET", path, () -> "192.0.2.1", () -> path);
    }
    return callers;
  }
}
