package dev.unisono.server.http;

import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a caller prefers, as Accept and its like say it (RFC 9110, 12.4): names with weights. Has no
 * state.
 */
public final class HeaderList {
  /** A name, parameters, and a weight of at most three places; spaces where they may be. */
  private static final Pattern ITEM =
      Pattern.compile(
          "[ \\t]*([!#$%&'*+.^_`|~0-9A-Za-z/-]+)"
              + "((?:[ \\t]*;[ \\t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+"
              + "|\"[^\"]*\"))*)[ \\t]*(?:,|$)");

  private static final Pattern WEIGHT =
      Pattern.compile(";[ \\t]*[qQ]=(0(?:\\.[0-9]{0,3})?|1(?:\\.0{0,3})?)(?=[ \\t;]|$)");
  private static final Pattern WEIGHTED = Pattern.compile(";[ \\t]*[qQ]=");

  private static final String JSON = "application/json";
  private static final List<Item> ONLY_JSON = List.of(new Item(JSON, 1));

  /** Objects, each in a line of its own. */
  public static final String LINES = "application/x-ndjson";

  private HeaderList() {}

  /** A name in small letters, without its parameters. */
  record Item(String name, double weight) {}

  /** All items of a header, in their order; none where it is not sent. */
  static List<Item> of(HttpServerRequest request, String header) {
    String first = request.getHeader(header);
    if (first == null) {
      return List.of();
    }
    if (first.equals(JSON) && request.headers().getAll(header).size() == 1) {
      // What most programs send.
      return ONLY_JSON;
    }
    List<Item> items = new ArrayList<>();
    for (String text : request.headers().getAll(header)) {
      read(header, text, items);
    }
    return items;
  }

  static void read(String header, String text, List<Item> into) {
    Matcher item = ITEM.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) == ',' || text.charAt(at) == ' ') {
        // An empty item is passed over.
        at++;
        continue;
      }
      if (!item.find(at) || item.start() != at) {
        throw malformed(header);
      }
      into.add(new Item(item.group(1).toLowerCase(Locale.ROOT), weight(header, item.group(2))));
      at = item.end();
    }
  }

  private static double weight(String header, String parameters) {
    Matcher weight = WEIGHT.matcher(parameters);
    if (weight.find()) {
      return Double.parseDouble(weight.group(1));
    }
    if (WEIGHTED.matcher(parameters).find()) {
      throw malformed(header);
    }
    return 1;
  }

  public static Refusal malformed(String header) {
    return new Refusal(
        400, "bad-header", "The header " + header + " is not of the form it must have.", header);
  }

  /** Whether JSON may be answered: the most exact of what is named decides. */
  static boolean takesJson(List<Item> items) {
    return items.isEmpty() || weight(items, JSON) > 0;
  }

  /** Whether a caller wants lines of JSON, and says so. */
  public static boolean wantsLines(HttpServerRequest request) {
    return wantsLines(of(request, "Accept"));
  }

  static boolean wantsLines(List<Item> items) {
    return items.stream().anyMatch(item -> item.name().equals(LINES))
        && weight(items, LINES) > 0
        && weight(items, LINES) >= exact(items, JSON);
  }

  /**
   * The type that a caller wants most among those that must be asked for by their names, or the one
   * that is answered otherwise.
   *
   * @throws Refusal 406 not-acceptable
   */
  public static String best(HttpServerRequest request, List<String> named, String otherwise) {
    return best(of(request, "Accept"), named, otherwise);
  }

  static String best(List<Item> items, List<String> named, String otherwise) {
    String best = otherwise;
    double most = items.isEmpty() ? 1 : exact(items, otherwise);
    for (String type : named) {
      double weight = exact(items, type);
      if (weight > 0 && weight >= most) {
        best = type;
        most = weight;
      }
    }
    if (most == 0 && weight(items, otherwise) == 0) {
      throw new Refusal(406, "not-acceptable", "Take " + otherwise + ".", "Accept");
    }
    return best;
  }

  private static double weight(List<Item> items, String type) {
    for (String name : List.of(type, "application/*", "*/*")) {
      for (Item item : items) {
        if (item.name().equals(name)) {
          return item.weight();
        }
      }
    }
    return 0;
  }

  private static double exact(List<Item> items, String type) {
    return items.stream()
        .filter(item -> item.name().equals(type))
        .mapToDouble(Item::weight)
        .findFirst()
        .orElse(0);
  }
}
