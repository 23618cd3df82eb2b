package dev.unisono.server.rest;

import dev.unisono.engine.Precondition;
import dev.unisono.server.http.HeaderList;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Records' versions as entity tags (RFC 9110, 8.8.3). Has no state. */
final class VersionTags {
  private static final Pattern TAG =
      Pattern.compile("[ \\t]*(?:((?:W/)?\"[\\x21\\x23-\\x7E\\x80-\\xFF]*\"))?[ \\t]*(?:,|$)");

  private VersionTags() {}

  static String of(long version) {
    return "\"" + version + "\"";
  }

  /** Whether a caller has this version already: If-None-Match, which compares weakly. */
  static boolean match(HttpServerRequest request, long version) {
    List<String> tags = tags(request, "If-None-Match");
    return tags.contains("*") || tags.contains(of(version)) || tags.contains("W/" + of(version));
  }

  /**
   * What has to hold for a write. A version is compared strongly; several of them have no sense
   * where one write is asked for, and neither have both headers.
   *
   * @throws Refusal 400 bad-header; 412 version-mismatch where a tag is none of a record
   */
  static Precondition precondition(HttpServerRequest request) {
    List<String> match = tags(request, "If-Match");
    List<String> noneMatch = tags(request, "If-None-Match");
    if (!noneMatch.isEmpty() && (!match.isEmpty() || !noneMatch.equals(List.of("*")))) {
      throw new Refusal(
          400, "bad-header", "If-None-Match of a write is *, without If-Match.", "If-None-Match");
    }
    if (!noneMatch.isEmpty()) {
      return new Precondition.Absent();
    }
    if (match.isEmpty()) {
      return Precondition.NONE;
    }
    if (match.size() > 1) {
      throw new Refusal(400, "bad-header", "If-Match of a write names one version.", "If-Match");
    }
    if (match.getFirst().equals("*")) {
      return new Precondition.Present();
    }
    try {
      return new Precondition.Version(Long.parseLong(match.getFirst().replaceAll("^\"|\"$", "")));
    } catch (NumberFormatException notOurs) {
      throw new Refusal(
          412, "version-mismatch", "If-Match does not name a version of this record.", "If-Match");
    }
  }

  /** The tags of a header, with their quotes; or {@code *} alone. */
  private static List<String> tags(HttpServerRequest request, String header) {
    List<String> tags = new ArrayList<>();
    for (String text : request.headers().getAll(header)) {
      if (text.strip().equals("*")) {
        tags.add("*");
        continue;
      }
      Matcher tag = TAG.matcher(text);
      for (int at = 0; at < text.length(); at = tag.end()) {
        if (!tag.find(at) || tag.start() != at) {
          throw HeaderList.malformed(header);
        }
        if (tag.group(1) != null) {
          tags.add(tag.group(1));
        }
      }
    }
    return tags;
  }
}
