package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ResultsTest {
  @Test
  void ratiosAreOfMediansAndThoseWithoutBothFiguresAreLeftOut() {
    Results results = results();
    assertEquals(Map.of("a/b", 3.0), results.ratios());
  }

  @Test
  void figuresKeepTheSpreadTheMedianCostAndTheHighestMemory() {
    Figure a = results().figures().getFirst();
    assertEquals(new Figure("a", 30, 10, 40, "changes/s", 2, 900), a);
  }

  @Test
  void aContenderWithSeveralValuesHasAFigureForEach() {
    Map<String, Double> first = new LinkedHashMap<>();
    first.put("p50", 1.0);
    first.put("p99", 4.0);
    Map<String, Double> second = new LinkedHashMap<>();
    second.put("p50", 3.0);
    second.put("p99", 8.0);
    List<Figure> figures =
        Figure.of("a", "ms", List.of(new Run(first, 1, 1), new Run(second, 1, 1)));
    assertEquals(List.of("a.p50", "a.p99"), figures.stream().map(Figure::name).toList());
    assertEquals(List.of(2.0, 6.0), figures.stream().map(Figure::median).toList());
  }

  @Test
  void jsonIsOneLineThatAProgramCanRead() throws IOException {
    String json = results().json();
    assertFalse(json.contains("\n"));
    JsonNode read = new ObjectMapper().readTree(json);
    assertEquals("log", read.get("scenario").textValue());
    JsonNode figure = read.get("figures").get(0);
    assertEquals("a", figure.get("name").textValue());
    assertEquals(30, figure.get("median").doubleValue());
    assertEquals(10, figure.get("min").doubleValue());
    assertEquals(40, figure.get("max").doubleValue());
    assertEquals("changes/s", figure.get("unit").textValue());
    assertEquals(2, figure.get("cpuSeconds").doubleValue());
    assertEquals(900, figure.get("peakMemoryBytes").longValue());
    assertEquals(3, read.get("ratios").get("a/b").doubleValue());
    assertEquals("a \"2\"", read.get("conditions").get("cores").textValue());
  }

  @Test
  void textShowsFiguresRatiosAndConditions() {
    String text = results().text();
    for (String part : List.of("log", "changes/s", "a/b", "3.000", "cores", "a \"2\"")) {
      assertTrue(text.contains(part), () -> part + " is not in " + text);
    }
  }

  private static Results results() {
    Map<String, List<Run>> runs = new LinkedHashMap<>();
    runs.put("a", List.of(run(10, 1, 100), run(40, 9, 900), run(30, 2, 500)));
    runs.put("b", List.of(run(10, 1, 1), run(11, 1, 1), run(9, 1, 1)));
    return Results.of(
        "log",
        "changes/s",
        runs,
        List.of(new Ratio("a", "b"), new Ratio("a", "c")),
        Map.of("cores", "a \"2\""));
  }

  private static Run run(double value, double cpuSeconds, long peakMemoryBytes) {
    return new Run(Map.of("", value), cpuSeconds, peakMemoryBytes);
  }
}
