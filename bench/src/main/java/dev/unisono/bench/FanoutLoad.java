package dev.unisono.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The client of the fan-out: it has events published and is all their subscribers, so that one
 * clock tells how long they took. It looks for the most deliveries a second that keep the limit of
 * time. For one thread.
 */
final class FanoutLoad {
  /**
   * So many milliseconds after it was due 99 of 100 deliveries are there, or the rate is too high.
   */
  static final double LIMIT_MILLIS = 100;

  static final int PACED_PER_SECOND = 50;
  private static final double FIRST_DELIVERIES = 40_000;

  /**
   * Ten times the aim, and about what the memory of a small machine lets two processes exchange.
   */
  private static final double MOST_DELIVERIES = 10_240_000;

  private static final double FACTOR = 4;
  private static final int STEPS_BETWEEN = 3;
  private static final double SECONDS = 2;
  private static final double UNMEASURED_SECONDS = 0.5;
  private static final double WARM_UP_SECONDS = 4;
  private static final double PACED_SECONDS = 5;
  private static final int MOST_EVENTS = 2_000_000;
  private static final Duration DRAINED_WITHIN = Duration.ofSeconds(15);

  /** One rate that was tried. */
  private record Trial(
      double deliveries, double p50, double p99, double cpuSeconds, boolean kept) {}

  private final Schedule schedule = new Schedule(MOST_EVENTS);
  private final Parameters parameters;
  private final List<Long> processes;

  FanoutLoad(Parameters parameters) {
    this.parameters = parameters;
    this.processes =
        Arrays.stream(parameters.text("processes").split(",")).map(Long::parseLong).toList();
  }

  Map<String, Number> run() throws IOException, SQLException, InterruptedException {
    boolean someSlow = parameters.number("slow") > 0;
    try (EventPublisher publisher = publisher();
        Subscribers subscribers =
            new Subscribers(
                schedule,
                StreamOpening.of(parameters),
                Math.toIntExact(parameters.number("subscribers")),
                someSlow)) {
      double first = FIRST_DELIVERIES / subscribers.size();
      var _ = attempt(publisher, subscribers, first, WARM_UP_SECONDS, "warm-up");
      subscribers.halt(true);
      Trial best = search(publisher, subscribers, first);
      Map<String, Number> values = new LinkedHashMap<>();
      values.put("", best.deliveries());
      values.put("p50", best.p50());
      values.put("p99", best.p99());
      if (best.kept()) {
        values.put("cpu", best.cpuSeconds() * 1e6 / best.deliveries() / SECONDS);
      }
      if (someSlow) {
        subscribers.halt(false);
        awaitSlow(subscribers);
        values.put("slow.caught-up", subscribers.slowAt(schedule.published()));
        values.put("slow.ended", subscribers.ended());
      }
      if (parameters.number("paced") > 0) {
        Trial paced = attempt(publisher, subscribers, PACED_PER_SECOND, PACED_SECONDS, "paced");
        values.put("paced.p50", paced.p50());
        values.put("paced.p99", paced.p99());
      }
      return values;
    }
  }

  /** Has subscribers connected until the process ends, and no events. */
  static void waitIdle(Parameters parameters, Runnable ready)
      throws IOException, InterruptedException {
    try (Subscribers subscribers =
        new Subscribers(
            new Schedule(0),
            StreamOpening.of(parameters),
            Math.toIntExact(parameters.number("subscribers")),
            false)) {
      ready.run();
      subscribers.join();
    }
  }

  private EventPublisher publisher() throws IOException, SQLException {
    return parameters.optionalText("publish").isPresent()
        ? new PostPublisher(parameters)
        : new RowPublisher(parameters);
  }

  /**
   * Multiplies the rate until it is too high, then halves what lies between, by ratio. Nothing
   * where even the first rate is too high.
   */
  private Trial search(EventPublisher publisher, Subscribers subscribers, double firstPerSecond)
      throws IOException, SQLException, InterruptedException {
    double most = MOST_DELIVERIES / subscribers.size();
    double good = firstPerSecond;
    Trial best = twice(publisher, subscribers, good);
    if (!best.kept()) {
      return new Trial(0, best.p50(), best.p99(), 0, false);
    }
    double bad = good * FACTOR;
    for (boolean kept = true; kept && good < most; bad = good * FACTOR) {
      Trial next = twice(publisher, subscribers, bad);
      kept = next.kept();
      best = kept ? next : best;
      good = kept ? bad : good;
    }
    for (int step = 0; step < STEPS_BETWEEN && good < most; step++) {
      double middle = Math.sqrt(good * bad);
      Trial next = twice(publisher, subscribers, middle);
      if (next.kept()) {
        best = next;
        good = middle;
      } else {
        bad = middle;
      }
    }
    return best;
  }

  /** Once more where it failed: on a shared machine something else may have come between. */
  private Trial twice(EventPublisher publisher, Subscribers subscribers, double perSecond)
      throws IOException, SQLException, InterruptedException {
    Trial trial = attempt(publisher, subscribers, perSecond, SECONDS, "try");
    return trial.kept() ? trial : attempt(publisher, subscribers, perSecond, SECONDS, "again");
  }

  private Trial attempt(
      EventPublisher publisher,
      Subscribers subscribers,
      double perSecond,
      double seconds,
      String what)
      throws IOException, SQLException, InterruptedException {
    int missing = subscribers.missing();
    int unmeasured = (int) Math.ceil(perSecond * UNMEASURED_SECONDS);
    int measured = (int) Math.ceil(perSecond * seconds);
    int before = schedule.published();
    DeliveryTimes times =
        subscribers.count(before + unmeasured + 1, before + unmeasured + measured);
    long bytes = subscribers.receivedBytes();
    long began = System.nanoTime();
    double cpu = publish(publisher, perSecond, unmeasured, measured);
    long all = (long) measured * subscribers.quick();
    long deadlineNanos = System.nanoTime() + DRAINED_WITHIN.toNanos();
    while (subscribers.counted() < all && System.nanoTime() < deadlineNanos) {
      LockSupport.parkNanos(1_000_000);
    }
    boolean whole = subscribers.counted() == all && subscribers.missing() == missing;
    double p99 = times.percentile(99);
    Trial trial =
        new Trial(
            perSecond * subscribers.quick(),
            times.percentile(50),
            p99,
            cpu,
            whole && p99 <= LIMIT_MILLIS);
    System.err.printf(
        "%s: %.0f events/s, %.0f deliveries/s, p50 %.2f ms, p99 %.2f ms, CPU %.2f s, %.0f MB/s%s%n",
        what,
        perSecond,
        trial.deliveries(),
        trial.p50(),
        p99,
        cpu,
        (subscribers.receivedBytes() - bytes) * 1e3 / (System.nanoTime() - began),
        whole ? "" : ", incomplete: " + subscribers.counted() + " of " + all);
    return trial;
  }

  /**
   * Sends each event when it is due, or as soon as those before it are sent: then together with
   * what has become due meanwhile. Gives the server's processor time over what is measured, in
   * seconds.
   */
  private double publish(EventPublisher publisher, double perSecond, int unmeasured, int measured)
      throws IOException, SQLException {
    long startNanos = System.nanoTime();
    double cpuBefore = cpuSeconds();
    boolean measuring = false;
    for (int sent = 0; sent < unmeasured + measured; ) {
      long nanos = startNanos + (long) (sent * 1e9 / perSecond);
      for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      if (!measuring && sent >= unmeasured) {
        measuring = true;
        cpuBefore = cpuSeconds();
      }
      int first = schedule.published() + 1;
      int last = first;
      long now = System.nanoTime();
      for (; nanos <= now && sent < unmeasured + measured; sent++) {
        last = schedule.append(nanos);
        nanos = startNanos + (long) ((sent + 1) * 1e9 / perSecond);
      }
      publisher.publish(first, last);
    }
    return cpuSeconds() - cpuBefore;
  }

  private double cpuSeconds() {
    return processes.stream()
        .mapToDouble(process -> ProcessUse.of(process).cpu().toNanos() / 1e9)
        .sum();
  }

  private void awaitSlow(Subscribers subscribers) {
    long deadlineNanos = System.nanoTime() + DRAINED_WITHIN.toNanos();
    while (subscribers.slowAt(schedule.published()) + subscribers.ended() < subscribers.slow()
        && System.nanoTime() < deadlineNanos) {
      LockSupport.parkNanos(10_000_000);
    }
  }
}
