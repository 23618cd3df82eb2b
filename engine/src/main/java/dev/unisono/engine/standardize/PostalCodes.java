package dev.unisono.engine.standardize;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How countries write their postal codes: for each the letters and digits of one, and how they are
 * divided. Has no state of its own; safe for threads.
 */
final class PostalCodes {
  /** A form of one country. Immutable. */
  private record Form(Pattern pattern, String written) {}

  private static final Map<String, List<Form>> FORMS = read();
  private static final Pattern DIVIDING = Pattern.compile("[\\s\\p{Z}\\p{Pd}.〒]+");

  private PostalCodes() {}

  static Set<String> countries() {
    return new TreeSet<>(FORMS.keySet());
  }

  /** As the country writes it; the text as it is where it is no code of that country. */
  static String written(String text, String country) {
    String letters =
        DIVIDING
            .matcher(Normalizer.normalize(text, Normalizer.Form.NFKC))
            .replaceAll("")
            .toUpperCase(Locale.ROOT);
    for (Form form : FORMS.getOrDefault(country, List.of())) {
      Matcher matcher = form.pattern().matcher(letters);
      if (matcher.matches()) {
        return matcher.replaceFirst(form.written());
      }
    }
    return text;
  }

  private static Map<String, List<Form>> read() {
    Map<String, List<Form>> forms = new HashMap<>();
    try (InputStream in =
            Objects.requireNonNull(PostalCodes.class.getResourceAsStream("postal-codes.txt"));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] parts = line.split("\t", 3);
        for (String country : parts[0].split(" ", -1)) {
          // What a country's letter is put before in letters from abroad, is no part of the code.
          Pattern pattern = Pattern.compile(parts[1].replace("@", "(?:" + country + ")?"));
          forms.computeIfAbsent(country, any -> new ArrayList<>()).add(new Form(pattern, parts[2]));
        }
      }
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
    return forms;
  }
}
