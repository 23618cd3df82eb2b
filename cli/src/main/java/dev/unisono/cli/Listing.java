package dev.unisono.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Prints what a server lists, page by page. Has no state. */
final class Listing {
  private Listing() {}

  /**
   * Prints all that a list has, and how many that are; with {@code json} each page as it comes.
   *
   * @param path with its query
   * @param one what one of them is called
   * @param many what several are called
   * @param text what is printed of each
   */
  static void print(
      ApiClient client,
      PrintStream out,
      String path,
      boolean json,
      String one,
      String many,
      Function<Map<?, ?>, String> text)
      throws InterruptedException {
    Object after = null;
    int printed = 0;
    do {
      ApiClient.Answer page =
          ApiClient.good(client.get(path + (after == null ? "" : "&after=" + after)));
      if (json) {
        out.println(page.text());
      } else if (page.fields().get("items") instanceof List<?> items) {
        for (Object item : items) {
          if (item instanceof Map<?, ?> fields) {
            out.println(text.apply(fields));
            printed++;
          }
        }
      }
      after = page.fields().get("next");
    } while (after != null);
    if (!json) {
      out.println(printed + " " + (printed == 1 ? one : many));
    }
  }
}
