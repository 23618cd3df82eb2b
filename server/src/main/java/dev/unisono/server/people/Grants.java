package dev.unisono.server.people;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.access.Scope;
import dev.unisono.server.http.JsonBody;
import dev.unisono.server.operation.Refusal;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What keys and people are given, as bodies and answers have it. Has no state. */
final class Grants {
  private static final Pattern WORD = Pattern.compile("[^\\s,]{1,100}");

  private Grants() {}

  static SortedSet<String> roles(JsonBody body, SortedSet<String> otherwise) {
    List<String> given = body.texts("roles");
    return body.has("roles") ? new TreeSet<>(given == null ? List.of() : given) : otherwise;
  }

  /**
   * Scopes by their notation; null for all that the roles allow.
   *
   * @throws Refusal 422 bad-scope
   */
  static @Nullable Set<Scope> scopes(JsonBody body, @Nullable Set<Scope> otherwise) {
    List<String> given = body.texts("scopes");
    if (!body.has("scopes")) {
      return otherwise;
    }
    return given == null
        ? null
        : given.stream().map(Grants::scope).collect(Collectors.toUnmodifiableSet());
  }

  private static Scope scope(String text) {
    return Scope.parse(text)
        .orElseThrow(() ->
            new Refusal(
                422,
                "bad-scope",
                "'"
                    + text
                    + "' is no scope. One is an entity or *, or admin/ and operations, access, metrics"
                    + " or *, then :read or :write, such as customer:read.",
                "scopes"));
  }

  static Map<String, String> claims(JsonBody body, Map<String, String> otherwise) {
    Map<String, String> given = body.map("claims");
    return body.has("claims") ? given : otherwise;
  }

  static String tier(JsonBody body, String otherwise) {
    String given = body.text("tier");
    if (given == null) {
      return otherwise;
    }
    if (!WORD.matcher(given).matches()) {
      throw new Refusal(422, "invalid-value", "tier is one word.", "tier");
    }
    return given;
  }

  static void write(
      JsonGenerator json, Collection<String> roles, Map<String, String> claims, String tier)
      throws IOException {
    texts(json, "roles", roles);
    json.writeObjectFieldStart("claims");
    for (Map.Entry<String, String> claim : new TreeMap<>(claims).entrySet()) {
      json.writeStringField(claim.getKey(), claim.getValue());
    }
    json.writeEndObject();
    json.writeStringField("tier", tier);
  }

  static void scopes(JsonGenerator json, @Nullable Set<Scope> scopes) throws IOException {
    if (scopes == null) {
      json.writeNullField("scopes");
    } else {
      texts(json, "scopes", scopes.stream().map(Scope::toString).sorted().toList());
    }
  }

  static void texts(JsonGenerator json, String name, Collection<String> texts) throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }
}
