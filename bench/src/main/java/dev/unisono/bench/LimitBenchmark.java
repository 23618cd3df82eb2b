package dev.unisono.bench;

import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.limit.Verdict;
import io.vertx.core.Vertx;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Requests of a thousand callers in turns, held against limits in memory. For one thread. */
@State(Scope.Thread)
public class LimitBenchmark {
  /** The rules, by their name in {@link LimitScenario}. */
  @Param("three-levels")
  public String asked = "three-levels";

  private final Vertx vertx = Vertx.vertx();
  private @Nullable Verdict told;
  private Limits limits = LimitRun.limits(vertx, "three-levels");
  private Asked[] callers = {};
  private int next;

  @Setup
  public void open() {
    limits = LimitRun.limits(vertx, asked);
    callers = LimitRun.callers();
  }

  /** One check, as the doorway has it made for each request. */
  @Benchmark
  public Verdict check() {
    int present = next;
    next = present + 1 == callers.length ? 0 : present + 1;
    limits.check(callers[present], this::tell);
    return Objects.requireNonNull(told);
  }

  private void tell(Verdict verdict) {
    told = verdict;
  }

  @TearDown
  public void close() {
    limits.close();
    var _ = vertx.close();
  }
}
