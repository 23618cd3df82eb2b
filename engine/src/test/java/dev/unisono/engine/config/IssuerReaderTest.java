package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.engine.config.AccessConfig.IssuerConfig;
import dev.unisono.engine.config.AccessConfig.OauthConfig;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** Who gives out tokens, as a config says it. */
final class IssuerReaderTest {
  private final List<ConfigProblem> problems = new ArrayList<>();

  private YamlMap map(String text) {
    return new YamlMap(
        "access", Objects.requireNonNull(new Yaml().compose(new StringReader(text))), problems);
  }

  private OauthConfig oauth(String text) {
    return IssuerReader.oauth(map(text));
  }

  private List<IssuerConfig> issuers(String text) {
    return new IssuerReader(Set.of("admin", "support")).issuers(map(text).maps("issuers"));
  }

  private List<String> told() {
    List<String> told =
        problems.stream()
            .map(each -> each.problem().code() + " " + each.problem().configPath())
            .toList();
    problems.clear();
    return told;
  }

  @Test
  void whatIsNotSaidIsAsUsual() {
    assertEquals(OauthConfig.USUAL, oauth("{}"));
    assertEquals(
        new OauthConfig("https://data.example:8443", Duration.ofDays(7), Duration.ofHours(1)),
        oauth("{ issuer: 'https://data.example:8443', rotate: 7d, token-lifetime: 1h }"));
    assertEquals(List.of(), told());
  }

  @Test
  void anIssuerOfOursIsAnAddressAndNothingElse() {
    for (String wrong :
        new String[] {
          "data.example",
          "https://data.example/",
          "https://data.example/path",
          "https://data.example?x",
          "https://me@data.example",
          "ftp://data.example"
        }) {
      oauth("{ issuer: '" + wrong + "' }");
      assertEquals(List.of("wrong-value access.issuer"), told(), wrong);
    }
    oauth("{ rotate: 5m, token-lifetime: 2d }");
    assertEquals(
        List.of("out-of-range access.rotate", "out-of-range access.token-lifetime"), told());
    oauth("{ rotate: often, isuer: x }");
    assertEquals(List.of("unknown-key access.isuer", "wrong-type access.rotate"), told());
  }

  @Test
  void othersAreReadAsTheyAreWritten() {
    IssuerConfig issuer =
        issuers(
                """
                issuers:
                  - issuer: https://login.example/realms/corp
                    name: corp
                    audience: unisono
                    roles-claim: realm_access.roles
                    roles: { Support Team: support }
                    scopes-claim: scope
                    claims: [country]
                    algorithms: [RS256, ES256]
                """)
            .getFirst();
    assertEquals(List.of(), told());
    assertEquals(
        new IssuerConfig(
            "https://login.example/realms/corp",
            "corp",
            "unisono",
            "realm_access.roles",
            Map.of("Support Team", "support"),
            "scope",
            Set.of("country"),
            Set.of("RS256", "ES256")),
        issuer);
    assertEquals(
        Set.of("RS256"),
        issuers("issuers: [{ issuer: 'http://127.0.0.1:1/', name: a, audience: b }]")
            .getFirst()
            .algorithms());
    assertEquals(List.of(), told());
  }

  @Test
  void nobodyIsTrustedByMistake() {
    for (String wrong :
        new String[] {
          "http://login.example",
          "https://a.example?x",
          "https://a.example#x",
          "a",
          "http://10.0.0.1"
        }) {
      issuers("issuers: [{ issuer: '" + wrong + "', name: a, audience: b }]");
      assertEquals(List.of("wrong-value access.issuers[0].issuer"), told(), wrong);
    }
    for (String name : new String[] {"client", "key", "admin", "user", "a b", "a:b"}) {
      issuers("issuers: [{ issuer: 'https://a.example', name: '" + name + "', audience: b }]");
      assertEquals(List.of("wrong-value access.issuers[0].name"), told(), name);
    }
    for (String algorithm : new String[] {"none", "HS256", "rs256"}) {
      issuers(
          "issuers: [{ issuer: 'https://a.example', name: a, audience: b, algorithms: "
              + algorithm
              + " }]");
      assertEquals(List.of("wrong-value access.issuers[0].algorithms"), told(), algorithm);
    }
    issuers(
        "issuers: [{ issuer: 'https://a.example', name: a, audience: b, roles: { A: suport } }]");
    assertEquals(List.of("no-such-role access.issuers[0].roles.A"), told());
    issuers("issuers: [{ name: a }]");
    assertEquals(
        List.of("missing-key access.issuers[0].issuer", "missing-key access.issuers[0].audience"),
        told());
    issuers(
        """
        issuers:
          - { issuer: 'https://a.example', name: a, audience: b }
          - { issuer: 'https://a.example', name: a, audience: b }
        """);
    assertEquals(
        List.of("named-twice access.issuers[1].issuer", "named-twice access.issuers[1].name"),
        told());
  }
}
