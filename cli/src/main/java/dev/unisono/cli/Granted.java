package dev.unisono.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a key or a person is given, as options have it. For one thread. */
final class Granted {
  @Option(names = "--role", paramLabel = "ROLE", description = "a role; may be given several times")
  private List<String> roles = List.of();

  @Option(
      names = "--claim",
      paramLabel = "NAME=VALUE",
      description = "what conditions of rules may ask for, such as country=DE")
  private Map<String, String> claims = Map.of();

  @Option(names = "--tier", paramLabel = "TIER", description = "who is served first")
  private @Nullable String tier;

  /** The members of a body that say it. */
  Map<String, String> members() {
    Map<String, String> members = new LinkedHashMap<>();
    members.put("roles", texts(roles));
    if (!claims.isEmpty()) {
      members.put(
          "claims",
          claims.entrySet().stream()
              .map(claim ->
                  ApiClient.quoted(claim.getKey()) + ": " + ApiClient.quoted(claim.getValue()))
              .collect(Collectors.joining(", ", "{", "}")));
    }
    if (tier != null) {
      members.put("tier", ApiClient.quoted(tier));
    }
    return members;
  }

  static String texts(List<String> texts) {
    return texts.stream().map(ApiClient::quoted).collect(Collectors.joining(", ", "[", "]"));
  }

  static String body(Map<String, String> members) {
    return members.entrySet().stream()
        .map(member -> ApiClient.quoted(member.getKey()) + ": " + member.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** What somebody has, as a list shows it. */
  static String text(Map<?, ?> holder) {
    StringBuilder text = new StringBuilder();
    text.append(holder.get("name")).append("  roles ").append(joined(holder.get("roles")));
    if (holder.get("scopes") instanceof List<?> scopes) {
      text.append("  scopes ").append(joined(scopes));
    }
    if (holder.get("claims") instanceof Map<?, ?> claims) {
      claims.forEach((name, value) -> text.append("  ").append(name).append('=').append(value));
    }
    return text.toString();
  }

  private static String joined(@Nullable Object list) {
    return list instanceof List<?> items && !items.isEmpty()
        ? items.stream().map(String::valueOf).collect(Collectors.joining(","))
        : "none";
  }
}
