package dev.unisono.bench;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs a scenario's contenders in turn, again and again, so that whatever else the machine does
 * meets them all alike. For one thread.
 */
final class Comparison {
  private final Scenario scenario;
  private final List<String> contenders;
  private final int repeats;
  private final Consumer<String> out;

  Comparison(Scenario scenario, List<String> contenders, int repeats, Consumer<String> out) {
    this.scenario = scenario;
    this.contenders = contenders;
    this.repeats = repeats;
    this.out = out;
  }

  Results measure(Map<String, String> machine) throws SQLException, InterruptedException {
    out.accept(scenario.name() + ": preparing");
    scenario.open();
    Map<String, List<Run>> runs = new LinkedHashMap<>();
    contenders.forEach(contender -> runs.put(contender, new ArrayList<>()));
    for (int repeat = 1; repeat <= repeats; repeat++) {
      for (Map.Entry<String, List<Run>> each : runs.entrySet()) {
        out.accept(
            scenario.name() + ": repeat " + repeat + " of " + repeats + ", " + each.getKey());
        each.getValue().add(scenario.run(each.getKey()));
      }
    }
    Map<String, String> conditions = new LinkedHashMap<>(machine);
    conditions.put("repeats", repeats + ", interleaved");
    conditions.putAll(scenario.conditions());
    List<Ratio> ratios = new ArrayList<>(scenario.ratios());
    ratios.addAll(ofVariants(runs));
    return Results.of(scenario.name(), scenario.unit(), runs, ratios, conditions);
  }

  /** Each variant by whatever runs first, in all that was measured of both. */
  private List<Ratio> ofVariants(Map<String, List<Run>> runs) {
    List<Ratio> ratios = new ArrayList<>();
    String first = contenders.getFirst();
    for (String contender : contenders) {
      if (Variant.of(contender).varied() && !contender.equals(first)) {
        for (String value : runs.getOrDefault(contender, List.of()).getFirst().values().keySet()) {
          String suffix = value.isEmpty() ? "" : "." + value;
          ratios.add(new Ratio(contender + suffix, first + suffix));
        }
      }
    }
    return ratios;
  }
}
