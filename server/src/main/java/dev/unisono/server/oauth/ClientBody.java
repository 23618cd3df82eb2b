package dev.unisono.server.oauth;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A client as a caller describes it. For one thread. */
final class ClientBody {
  private static final List<String> MEMBERS =
      List.of(
          "name",
          "type",
          "redirectUris",
          "grantTypes",
          "scopes",
          "roles",
          "claims",
          "tier",
          "disabled");

  private static final Pattern TIER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final int LONGEST_NAME = 100;
  private static final int LONGEST_TEXT = 2_000;
  private static final int MOST = 100;

  private final boolean patches;
  private @Nullable String name;
  private boolean confidential = true;
  private Set<String> redirects = Set.of();
  private Set<Client.Grant> grants = EnumSet.of(Client.Grant.CLIENT_CREDENTIALS);
  private Set<Scope> scopes = Set.of();
  private TreeSet<String> roles = new TreeSet<>();
  private Map<String, String> claims = Map.of();
  private String tier = Caller.STANDARD;
  private boolean disabled;

  private ClientBody(Client.@Nullable Settings before) {
    this.patches = before != null;
    if (before != null) {
      name = before.name();
      confidential = before.confidential();
      redirects = before.redirects();
      grants = before.grants();
      scopes = before.scopes();
      roles = new TreeSet<>(before.roles());
      claims = before.claims();
      tier = before.tier();
      disabled = before.disabled();
    }
  }

  /**
   * Reads a new client, or a merge patch (RFC 7396) of one that there is.
   *
   * @param before null for a new one
   */
  static Client.Settings read(byte[] body, Client.@Nullable Settings before) {
    ClientBody reader = new ClientBody(before);
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Refusal(400, "bad-body", "The body is a JSON object.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        reader.take(name, json);
      }
      if (json.nextToken() != null) {
        throw new Refusal(400, "bad-body", "The body is one JSON object.");
      }
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
    return reader.made();
  }

  private void take(String member, JsonParser json) throws IOException {
    switch (member) {
      case "name" -> name = text(json, member);
      case "type" -> type(text(json, member));
      case "redirectUris" -> redirects = redirects(texts(json, member));
      case "grantTypes" -> grants = grants(texts(json, member));
      case "scopes" -> scopes = scopes(texts(json, member));
      case "roles" -> roles = new TreeSet<>(texts(json, member));
      case "claims" -> claims = claims(json);
      case "tier" -> {
        String given = text(json, member);
        tier = given == null ? Caller.STANDARD : given;
      }
      case "disabled" -> disabled = flag(json, member);
      default ->
          throw new Refusal(
              400,
              "unknown-field",
              "A client has no '" + member + "'" + Nearest.question(member, MEMBERS),
              member);
    }
  }

  private Client.Settings made() {
    String called = name;
    if (called == null || called.isBlank() || called.length() > LONGEST_NAME) {
      throw wrong("name", "is what people know it by, in 1 to " + LONGEST_NAME + " characters");
    }
    if (!TIER.matcher(tier).matches()) {
      throw wrong("tier", "has 1 to 63 letters, digits, dots, hyphens and underscores");
    }
    if (scopes.isEmpty()) {
      throw wrong("scopes", "says what its tokens are good for, such as customer:read");
    }
    if (grants.isEmpty()) {
      throw wrong("grantTypes", "says how it is given tokens");
    }
    if (!confidential && grants.contains(Client.Grant.CLIENT_CREDENTIALS)) {
      throw wrong("grantTypes", "has no client_credentials for a public client: it has none");
    }
    boolean sends = grants.contains(Client.Grant.AUTHORIZATION_CODE);
    if (sends && redirects.isEmpty()) {
      throw wrong("redirectUris", "says where browsers are sent back to");
    }
    if (!sends && grants.contains(Client.Grant.REFRESH_TOKEN)) {
      throw wrong("grantTypes", "has refresh_token only beside authorization_code");
    }
    return new Client.Settings(
        called.strip(), confidential, redirects, grants, scopes, roles, claims, tier, disabled);
  }

  private static Refusal wrong(String member, String what) {
    return new Refusal(422, "invalid-value", member + " " + what + ".", member);
  }

  private void type(@Nullable String text) {
    if (text != null && !text.equals("confidential") && !text.equals("public")) {
      throw wrong("type", "is confidential or public");
    }
    boolean given = !"public".equals(text);
    if (patches && given != confidential) {
      throw wrong("type", "does not change; make another client");
    }
    confidential = given;
  }

  private static @Nullable String text(JsonParser json, String member) throws IOException {
    return switch (json.currentToken()) {
      case VALUE_STRING -> json.getText();
      case VALUE_NULL -> null;
      default -> throw wrong(member, "is a text");
    };
  }

  private static boolean flag(JsonParser json, String member) {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE, VALUE_NULL -> false;
      default -> throw wrong(member, "is true or false");
    };
  }

  private static List<String> texts(JsonParser json, String member) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return List.of();
    }
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw wrong(member, "is a list of texts");
    }
    List<String> texts = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.VALUE_STRING
          || json.getText().isBlank()
          || json.getText().length() > LONGEST_TEXT
          || texts.size() == MOST) {
        throw wrong(member, "is a list of at most " + MOST + " texts");
      }
      texts.add(json.getText());
    }
    return texts;
  }

  private static Map<String, String> claims(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return Map.of();
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw wrong("claims", "is an object of texts");
    }
    Map<String, String> claims = new HashMap<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String claim = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING
          || json.getText().length() > LONGEST_TEXT
          || claims.size() == MOST) {
        throw wrong("claims", "is an object of texts");
      }
      claims.put(claim, json.getText());
    }
    return claims;
  }

  private static Set<Scope> scopes(List<String> texts) {
    Set<Scope> scopes = new HashSet<>();
    for (String text : texts) {
      scopes.add(
          Scope.parse(text)
              .orElseThrow(
                  () -> wrong("scopes", "has '" + text + "', which is none: write customer:read")));
    }
    return scopes;
  }

  private static Set<Client.Grant> grants(List<String> texts) {
    Set<Client.Grant> grants = EnumSet.noneOf(Client.Grant.class);
    for (String text : texts) {
      boolean known = false;
      for (Client.Grant grant : Client.Grant.values()) {
        if (grant.word().equals(text)) {
          known = grants.add(grant) || known;
        }
      }
      if (!known) {
        throw wrong(
            "grantTypes",
            "are of client_credentials, authorization_code, refresh_token, once each");
      }
    }
    return grants;
  }

  private static Set<String> redirects(List<String> texts) {
    for (String text : texts) {
      if (!fit(text)) {
        throw new Refusal(
            422,
            "bad-url",
            "'"
                + text
                + "' is no address to send browsers back to: https, or http at 127.0.0.1,"
                + " [::1] or localhost; whole, without a fragment and without a star.",
            "redirectUris");
      }
    }
    return new HashSet<>(texts);
  }

  private static boolean fit(String text) {
    URI address;
    try {
      address = new URI(text);
    } catch (URISyntaxException none) {
      return false;
    }
    String host = address.getHost();
    return host != null
        && address.getRawFragment() == null
        && address.getRawUserInfo() == null
        && !text.contains("*")
        && ("https".equals(address.getScheme())
            || ("http".equals(address.getScheme()) && onThisMachine(host)));
  }

  private static boolean onThisMachine(String host) {
    if (host.equals("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException name) {
      return false;
    }
  }
}
