package dev.unisono.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One contender's value over all repeats. Immutable.
 *
 * @param name the contender, and the value's name where it has more than one
 * @param cpuSeconds the median of the runs
 * @param peakMemoryBytes the highest of the runs
 */
record Figure(
    String name,
    double median,
    double min,
    double max,
    String unit,
    double cpuSeconds,
    long peakMemoryBytes) {

  /** The figures of one contender, in the order its runs name them. */
  static List<Figure> of(String contender, String unit, List<Run> runs) {
    Map<String, List<Double>> values = new LinkedHashMap<>();
    for (Run run : runs) {
      run.values()
          .forEach(
              (name, value) -> values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value));
    }
    double cpuSeconds = Samples.of(runs.stream().map(Run::cpuSeconds).toList()).median();
    long peak = runs.stream().mapToLong(Run::peakMemoryBytes).max().orElse(0);
    List<Figure> figures = new ArrayList<>();
    values.forEach((name, each) -> {
      Samples samples = Samples.of(each);
      figures.add(
          new Figure(
              name.isEmpty() ? contender : contender + "." + name,
              samples.median(),
              samples.min(),
              samples.max(),
              unit,
              cpuSeconds,
              peak));
    });
    return figures;
  }
}
