package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.validate.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The catalogue of problem codes is compared with the sources. For one thread. */
final class ErrorCatalogueTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final Path CATALOGUE = HOME.resolve("docs/reference/errors.md");

  /** A code that begins a line on the console, by a Java command or by the launcher. */
  private static final Pattern PRINTED = Pattern.compile("[\"']([a-z]+(?:-[a-z]+)+): ");

  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\|");

  @Test
  void everyCodeOfTheSourcesIsInTheCatalogueAndNoOther() throws IOException {
    assertEquals(String.join("\n", codesOfTheSources()), String.join("\n", found(ROW, CATALOGUE)));
  }

  @Test
  void noRuleMayHaveTheCodeOfAFindingOfOurs() throws IOException {
    String findings =
        Files.readString(CATALOGUE).split("\n## Findings\n", 2)[1].split("\n## ", 2)[0];
    Set<String> codes = new TreeSet<>();
    ROW.matcher(findings).results().forEach(result -> codes.add(result.group(1)));
    assertEquals(codes, new TreeSet<>(Finding.CODES));
  }

  @Test
  void codesAreFoundInTheCallsThatMakeProblems() {
    String source =
        """
        throw new Refusal(400, "one-code", text("a, b"), "field");
        map.note("key", "two-codes", "It's (not) well.", ""); // isn't a "code"
        fields.note(fields.keyNode(name), name, "three-codes", why(), "");
        new Problem(broken ? "four-codes" : "five-codes", USER, ",", null, "");
        new Problem(cause.code(), USER, "six-codes", null, "");
        names.add("seven-codes");
        """;
    Set<String> codes = new TreeSet<>();
    addCodes(source, codes);
    assertEquals(Set.of("one-code", "two-codes", "three-codes", "four-codes", "five-codes"), codes);
  }

  private static Set<String> codesOfTheSources() throws IOException {
    Set<String> codes = new TreeSet<>(found(PRINTED, HOME.resolve("unisono")));
    try (Stream<Path> files = Files.walk(HOME)) {
      List<Path> sources =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> HOME.relativize(file).toString().contains("src/main/java"))
              .toList();
      assertTrue(sources.size() > 100, "the project's sources are not in " + HOME);
      for (Path file : sources) {
        codes.addAll(found(PRINTED, file));
        addCodes(Files.readString(file), codes);
      }
    }
    return codes;
  }

  private static Set<String> found(Pattern pattern, Path file) throws IOException {
    Set<String> codes = new TreeSet<>();
    pattern.matcher(Files.readString(file)).results().forEach(result -> codes.add(result.group(1)));
    return codes;
  }

  private static void addCodes(String source, Set<String> codes) {
    Matcher call = CodeCall.MAKER.matcher(source);
    while (call.find()) {
      codes.addAll(CodeCall.codes(call.group(1), Arguments.read(source, call.end())));
    }
  }

  /** The calls by which the sources make problems, and where in each the code stands. */
  private static final class CodeCall {
    static final Pattern MAKER =
        Pattern.compile(
            "(new (?:Problem|Refusal|RowRefusal|Finding|Resolved)|Finding\\.of|Refusal\\.until|\\b(?:problem|refusal|stop|add|note|failure))\\(");

    private static final Pattern LITERAL = Pattern.compile("\"([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\"");

    private CodeCall() {}

    static List<String> codes(String maker, List<String> arguments) {
      int place =
          switch (maker) {
            case "new Refusal", "Refusal.until", "new Resolved", "Finding.of", "failure" -> 1;
            // With a place in the file or without: what follows the code is always the same.
            case "note" -> arguments.size() - 3;
            // Lists have a method of this name, too.
            case "add" -> arguments.size() == 4 ? 0 : -1;
            default -> 0;
          };
      if (place < 0 || place >= arguments.size()) {
        return List.of();
      }
      return LITERAL
          .matcher(arguments.get(place))
          .results()
          .map(result -> result.group(1))
          .toList();
    }
  }

  /** Takes the arguments of a call apart, as far as its closing parenthesis. */
  private static final class Arguments {
    private static final Pattern TOKEN =
        Pattern.compile("\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)+'|//[^\\n]*|[\\s\\S]");

    private Arguments() {}

    static List<String> read(String source, int from) {
      List<String> arguments = new java.util.ArrayList<>();
      StringBuilder argument = new StringBuilder();
      int depth = 0;
      Matcher token = TOKEN.matcher(source).region(from, source.length());
      while (token.find()) {
        String text = token.group();
        switch (text) {
          case "(", "[", "{" -> depth++;
          case ")", "]", "}" -> depth--;
          default -> {}
        }
        if (depth < 0) {
          break;
        }
        if (depth == 0 && text.equals(",")) {
          arguments.add(argument.toString());
          argument.setLength(0);
        } else if (!text.startsWith("//")) {
          argument.append(text);
        }
      }
      arguments.add(argument.toString());
      return arguments;
    }
  }
}
