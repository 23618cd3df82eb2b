package dev.unisono.engine.standardize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.Row;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Values as people and systems of many countries write them, each with what its step makes of it:
 * the lines of {@code cases.tsv} have a step, its options, a value and its standard form.
 */
class StandardFormsTest {
  private static final String NO_VALUE = "∅";

  private final Map<String, Standardizer> standardizers = new HashMap<>();

  @Test
  void eachValueHasItsStandardForm() throws Exception {
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(StandardFormsTest.class.getResourceAsStream("cases.tsv")),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] parts = line.split("\t", -1);
        assertEquals(4, parts.length, line);
        String given = unescaped(parts[2]);
        String expected = unescaped(parts[3]);
        Object once = standard(parts[0], parts[1], given);
        Object twice = once == null ? null : standard(parts[0], parts[1], (String) once);
        cases++;
        if (!Objects.equals(once, expected.equals(NO_VALUE) ? null : expected)
            || !Objects.equals(once, twice)) {
          wrong.add(line + "\t but was " + once + ", then " + twice);
        }
      }
    }
    assertEquals(List.of(), wrong, () -> String.join("\n", wrong));
    assertTrue(cases >= 200, cases + " cases");
  }

  private static String unescaped(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\u", i)) {
        out.append((char) Integer.parseInt(text, i + 2, i + 6, 16));
        i += 5;
      } else if (text.startsWith("\\n", i)) {
        out.append('\n');
        i++;
      } else {
        out.append(text.charAt(i));
      }
    }
    return out.toString();
  }

  private @Nullable Object standard(String step, String options, String given) {
    Standardizer standardizer =
        standardizers.computeIfAbsent(
            options.isEmpty() ? step : "{ " + step + ": " + options + " }", this::standardizer);
    EntityConfig entity = entity("trim");
    return standardizer.standardize(new Row(entity.schema(), new Object[] {1L, given})).value(1);
  }

  private Standardizer standardizer(String step) {
    return new Standardizer(entity(step));
  }

  /** By the reader of configs, as it is written there. */
  private static EntityConfig entity(String step) {
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(), name -> null)
            .read(
                """
                entities:
                  thing:
                    key: id
                    schema: { properties: { id: { type: integer }, value: { type: string } } }
                    standardize: { value: [ %s ] }
                """
                    .formatted(step),
                Path.of("."));
    List<String> problems =
        outcome.problems().stream()
            .filter(problem -> !problem.problem().code().equals("missing-key"))
            .map(problem -> problem.problem().message())
            .toList();
    assertEquals(List.of(), problems, step);
    Config draft = Objects.requireNonNull(outcome.draft());
    return Objects.requireNonNull(draft.entities().get("thing"));
  }
}
