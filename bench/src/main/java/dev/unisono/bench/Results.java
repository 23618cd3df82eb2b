package dev.unisono.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a scenario gave, for people and for programs. Immutable.
 *
 * @param ratios medians by medians, by {@code a/b}
 * @param conditions under which it was measured
 */
record Results(
    String scenario,
    List<Figure> figures,
    Map<String, Double> ratios,
    Map<String, String> conditions) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Sums up the runs of all contenders; ratios of figures that are not there are left out.
   *
   * @param runs by contender, in the order to be shown
   */
  static Results of(
      String scenario,
      String unit,
      Map<String, List<Run>> runs,
      List<Ratio> wanted,
      Map<String, String> conditions) {
    List<Figure> figures = new ArrayList<>();
    runs.forEach((contender, each) -> figures.addAll(Figure.of(contender, unit, each)));
    Map<String, Double> medians = new LinkedHashMap<>();
    figures.forEach(figure -> medians.put(figure.name(), figure.median()));
    Map<String, Double> ratios = new LinkedHashMap<>();
    for (Ratio ratio : wanted) {
      Double above = medians.get(ratio.figure());
      Double below = medians.getOrDefault(ratio.against(), ratio.goal());
      if (above != null && below != 0) {
        ratios.put(ratio.name(), ratio.of(above, below));
      }
    }
    return new Results(scenario, figures, ratios, conditions);
  }

  /** One object in one line. */
  String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("scenario", scenario);
    List<Map<String, Object>> listed = new ArrayList<>();
    for (Figure figure : figures) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("name", figure.name());
      each.put("median", figure.median());
      each.put("min", figure.min());
      each.put("max", figure.max());
      each.put("unit", figure.unit());
      each.put("cpuSeconds", figure.cpuSeconds());
      each.put("peakMemoryBytes", figure.peakMemoryBytes());
      listed.add(each);
    }
    all.put("figures", listed);
    all.put("ratios", ratios);
    all.put("conditions", conditions);
    try {
      return JSON.writeValueAsString(all);
    } catch (JsonProcessingException failed) {
      throw new IllegalStateException("figures that cannot be written", failed);
    }
  }

  /** Several lines for a person. */
  String text() {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%-34s %12s %12s %12s  %-10s %8s %9s",
            scenario,
            "median",
            "min",
            "max",
            "unit",
            "CPU s",
            "peak MiB"));
    for (Figure figure : figures) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-34s %12s %12s %12s  %-10s %8.2f %9d",
              figure.name(),
              number(figure.median()),
              number(figure.min()),
              number(figure.max()),
              figure.unit(),
              figure.cpuSeconds(),
              figure.peakMemoryBytes() >> 20));
    }
    ratios.forEach(
        (name, value) -> lines.add(String.format(Locale.ROOT, "ratio  %-50s %7.3f", name, value)));
    conditions.forEach(
        (name, value) -> lines.add(String.format(Locale.ROOT, "       %-22s %s", name, value)));
    return String.join(System.lineSeparator(), lines);
  }

  /** Whole numbers where they are large, three digits after the point where they are small. */
  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) >= 1_000 ? "%,.0f" : "%.3f", value);
  }
}
