package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.AccessConfig.IssuerConfig;
import dev.unisono.engine.config.AccessConfig.OauthConfig;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads who gives out tokens: this server, and others. For one thread. */
final class IssuerReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  /** What callers of ours are called by. */
  private static final Set<String> TAKEN = Set.of("admin", "client", "key", "person", "user");

  private static final Set<String> ALGORITHMS =
      new TreeSet<>(
          Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"));

  private final Set<String> roles;

  /**
   * @param roles the names of all roles there are
   */
  IssuerReader(Set<String> roles) {
    this.roles = roles;
  }

  static OauthConfig oauth(YamlMap map) {
    map.check(ConfigKeys.OAUTH);
    String issuer = map.text("issuer");
    if (issuer != null) {
      URI address = address(issuer);
      if (address == null
          || !String.valueOf(address.getRawPath()).isEmpty()
          || address.getRawQuery() != null) {
        map.note(
            "issuer",
            "wrong-value",
            "'" + issuer + "' is no address of this server.",
            "Write scheme, host and port alone, such as https://data.example.com.");
      }
    }
    return new OauthConfig(
        issuer,
        duration(map, "rotate", OauthConfig.USUAL.rotate(), Duration.ofHours(1), 365),
        duration(
            map, "token-lifetime", OauthConfig.USUAL.tokenLifetime(), Duration.ofMinutes(1), 1));
  }

  private static Duration duration(
      YamlMap map, String key, Duration otherwise, Duration least, int mostDays) {
    String text = map.text(key);
    if (text == null) {
      return otherwise;
    }
    Duration duration = Amounts.duration(text);
    if (duration == null) {
      map.note(key, "wrong-type", "This is no length of time.", "Write it like 10m or 30d.");
      return otherwise;
    }
    if (duration.compareTo(least) < 0 || duration.compareTo(Duration.ofDays(mostDays)) > 0) {
      map.note(
          key,
          "out-of-range",
          key + " is out of its range.",
          "Choose one from " + least.toMinutes() + "m to " + mostDays + "d.");
      return otherwise;
    }
    return duration;
  }

  List<IssuerConfig> issuers(List<YamlMap> maps) {
    List<IssuerConfig> issuers = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (YamlMap map : maps) {
      IssuerConfig issuer = issuer(map);
      for (String key : List.of("issuer", "name")) {
        String value = key.equals("issuer") ? issuer.issuer() : issuer.name();
        if (!value.isEmpty() && !known.add(key + " " + value)) {
          map.note(key, "named-twice", "There is another of '" + value + "'.", "Keep one of them.");
        }
      }
      issuers.add(issuer);
    }
    return issuers;
  }

  private IssuerConfig issuer(YamlMap map) {
    map.check(ConfigKeys.ISSUER);
    String issuer = map.text("issuer", "");
    URI address = address(issuer);
    if (!issuer.isEmpty()
        && (address == null
            || address.getRawQuery() != null
            || (address.getScheme().equals("http") && !thisMachine(address.getHost())))) {
      map.note(
          "issuer",
          "wrong-value",
          "'" + issuer + "' is no issuer whose keys can be trusted.",
          "Write https://, as its tokens name it, without anything behind ? or #.");
    }
    String name = map.text("name", "");
    if (!name.isEmpty() && (!NAME.matcher(name).matches() || TAKEN.contains(name))) {
      map.note(
          "name",
          "wrong-value",
          "Callers cannot be called '" + name + ":'.",
          "Use up to 63 letters, digits, dots, hyphens and underscores; and none of "
              + String.join(", ", new TreeSet<>(TAKEN))
              + ".");
    }
    return new IssuerConfig(
        issuer,
        name,
        map.text("audience", ""),
        map.text("roles-claim"),
        given(map),
        map.text("scopes-claim"),
        Set.copyOf(map.texts("claims")),
        algorithms(map));
  }

  private Map<String, String> given(YamlMap map) {
    Map<String, String> given = new HashMap<>();
    YamlMap named = map.optionalMap("roles");
    for (String value : map.isNull("roles") ? List.<String>of() : named.names()) {
      String role = named.text(value, "");
      given.put(value, role);
      if (!roles.contains(role)) {
        named.note(
            value,
            "no-such-role",
            "There is no role '" + role + "'" + Nearest.question(role, roles),
            "Name one of " + String.join(", ", new TreeSet<>(roles)) + ".");
      }
    }
    return given;
  }

  private static Set<String> algorithms(YamlMap map) {
    List<String> named = map.texts("algorithms");
    for (String name : named) {
      if (!ALGORITHMS.contains(name)) {
        map.note(
            "algorithms",
            "wrong-value",
            "Tokens cannot be signed by '" + name + "' here.",
            "Use one of " + String.join(", ", ALGORITHMS) + ".");
      }
    }
    return named.isEmpty() ? Set.of("RS256") : Set.copyOf(named);
  }

  private static @Nullable URI address(String text) {
    try {
      URI address = new URI(text);
      boolean web = "https".equals(address.getScheme()) || "http".equals(address.getScheme());
      return web
              && address.getHost() != null
              && address.getRawFragment() == null
              && address.getRawUserInfo() == null
          ? address
          : null;
    } catch (URISyntaxException none) {
      return null;
    }
  }

  /** Whether nobody else answers there; a name that would have to be looked up is none. */
  private static boolean thisMachine(String host) {
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException name) {
      return false;
    }
  }
}
