package dev.unisono.postgres;

import org.jspecify.annotations.Nullable;

/**
 * A table's name as the config writes it: {@code table} or {@code schema.table}, taken letter by
 * letter; a part in double quotes, as SQL writes it, may hold dots and (doubled) quotes. Immutable.
 *
 * @param schema null where the search path is to find it
 */
record TableName(@Nullable String schema, String table) {
  static TableName parse(String named) {
    int end = endOfPart(named);
    return end < 0
        ? new TableName(null, part(named))
        : new TableName(part(named.substring(0, end)), part(named.substring(end + 1)));
  }

  /** Where the dot behind the first part stands; -1 where that is all. */
  private static int endOfPart(String named) {
    if (!named.startsWith("\"")) {
      return named.indexOf('.');
    }
    for (int i = 1; i < named.length(); i++) {
      if (named.charAt(i) == '"') {
        if (i + 1 == named.length()) {
          return -1;
        }
        if (named.charAt(i + 1) == '.') {
          return i + 1;
        }
        i++; // A doubled quote is a quote.
      }
    }
    return named.indexOf('.');
  }

  private static String part(String written) {
    boolean quoted = written.length() > 2 && written.startsWith("\"") && written.endsWith("\"");
    return quoted ? written.substring(1, written.length() - 1).replace("\"\"", "\"") : written;
  }
}
