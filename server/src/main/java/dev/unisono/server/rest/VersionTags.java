package dev.unisono.server.rest;

import dev.unisono.server.http.HeaderList;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Records' versions as entity tags (RFC 9110, 8.8.3). Has no state. */
public final class VersionTags {
  private static final Pattern TAG =
      Pattern.compile("[ \\t]*(?:(?:W/)?(\"[\\x21\\x23-\\x7E\\x80-\\xFF]*\"))?[ \\t]*(?:,|$)");

  private VersionTags() {}

  static String of(long version) {
    return "\"" + version + "\"";
  }

  /** Whether a caller has this version already: If-None-Match, which compares weakly. */
  static boolean match(HttpServerRequest request, long version) {
    boolean found = false;
    for (String text : request.headers().getAll("If-None-Match")) {
      if (text.strip().equals("*")) {
        return true;
      }
      Matcher tag = TAG.matcher(text);
      for (int at = 0; at < text.length(); at = tag.end()) {
        if (!tag.find(at) || tag.start() != at) {
          throw HeaderList.malformed("If-None-Match");
        }
        found |= of(version).equals(tag.group(1));
      }
    }
    return found;
  }

  /** The version that a caller wants to change; null where any will do. */
  static @Nullable Long expected(HttpServerRequest request) {
    String match = request.getHeader("If-Match");
    if (match == null || match.equals("*")) {
      return null;
    }
    try {
      return Long.valueOf(match.replaceAll("^\"|\"$", ""));
    } catch (NumberFormatException notOurs) {
      throw new Refusal(
          412, "version-mismatch", "If-Match does not name a version of this record.", "If-Match");
    }
  }
}
