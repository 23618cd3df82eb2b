package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AccessReaderTest {
  private static final String CONFIG =
      """
      systems:
        crm: { connector: postgres, url: "jdbc:postgresql://127.0.0.1:5432/crm", user: u, password: "${env:P}" }
        copy: { connector: postgres, url: "jdbc:postgresql://127.0.0.1:5432/copy", user: u, password: "${env:P}" }
      entities:
        customer:
          key: id
          schema:
            properties:
              id: { type: integer }
              name: { type: string }
              country: { type: string }
              balance: { type: integer }
        order:
          key: id
          schema: { properties: { id: { type: integer }, item: { type: string } } }
      syncs:
        customers:
          entity: customer
          members:
            - { system: crm, table: public.customers, direction: read }
            - { system: copy, table: public.customers, direction: write }
      access:
      """;

  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  private ConfigReader.Outcome read(String access) {
    return new ConfigReader(List.of(new FakeConnector()), _ -> "secret")
        .read(CONFIG + access.indent(2), folder);
  }

  private AccessConfig right(String access) {
    ConfigReader.Outcome outcome = read(access);
    assertEquals(List.of(), outcome.problems());
    Config config = outcome.config();
    assertNotNull(config);
    return config.access();
  }

  /** Each with its path and what its message has in it. */
  private void wrong(String access, String code, String path, String says) {
    List<ConfigProblem> problems = read(access).problems();
    assertTrue(
        problems.stream()
            .anyMatch(problem ->
                problem.problem().code().equals(code)
                    && path.equals(problem.problem().configPath())
                    && problem.problem().message().contains(says)
                    && !problem.problem().remedy().isEmpty()),
        code + " at " + path + " is not among " + problems);
  }

  @Test
  void nothingSaidIsNothingAllowed() {
    assertEquals(3, AccessConfig.NONE.policy().roles().size());
    assertEquals(AccessConfig.NONE.policy(), right("roles: {}").policy());
  }

  @Test
  void whatIsWrongIsToldWhereItStands() {
    String grant = "roles: { support: { grants: [ { actions: [read], %s } ] } }";
    String at = "access.roles.support.grants[0].";
    wrong("role: {}", "unknown-key", "access.role", "did you mean");
    wrong("roles: { admin: {} }", "wrong-value", "access.roles.admin", "always there");
    wrong("roles: { 'a b': {} }", "wrong-value", "access.roles.a b", "no name");
    wrong("roles: { a: { admin: [keys:read] } }", "wrong-value", "access.roles.a.admin", "keys");
    wrong("roles: { support: { grants: [ {} ] } }", "missing-key", at + "actions", "is missing");
    wrong(
        "roles: { support: { grants: [ { actions: [raed] } ] } }",
        "wrong-value",
        at + "actions",
        "did you mean 'read'");
    wrong(
        grant.formatted("entities: [custmer]"),
        "no-such-entity",
        at + "entities",
        "did you mean 'customer'");
    wrong(
        grant.formatted("entities: [customer], hide: [balnce]"),
        "unknown-field",
        at + "hide",
        "did you mean 'balance'");
    wrong(grant.formatted("entities: [customer], hide: [id]"), "wrong-value", at + "hide", "key");
    wrong(
        grant.formatted("entities: [customer], mask: { balance: hash }"),
        "wrong-value",
        at + "mask.balance",
        "no text");
    wrong(
        grant.formatted("entities: [customer], mask: { name: blur }"),
        "wrong-value",
        at + "mask.name",
        "blur");
    wrong(
        grant.formatted("entities: [customer], rows: record.country"),
        "bad-expression",
        at + "rows",
        "customer");
    // A condition has to make sense for all that it is for.
    wrong(grant.formatted("rows: record.country == 'DE'"), "bad-expression", at + "rows", "order");
    wrong(
        grant.formatted("entities: [customer], rows: caller.country == 'DE'"),
        "bad-expression",
        at + "rows",
        "caller");
    wrong(
        "rules: [ { name: a, deny: [write] }, { name: a, deny: [write] } ]",
        "named-twice",
        "access.rules[1].name",
        "another");
    wrong("rules: [ { deny: [write] } ]", "missing-key", "access.rules[0].name", "is missing");
    wrong(
        "tests: [ { name: t, caller: {}, action: read, entity: customer, expect: allowed } ]",
        "wrong-value",
        "access.tests[0].action",
        "one action");
    wrong(
        "tests: [ { name: t, caller: { scopes: [all] }, action: get, entity: customer, expect: x } ]",
        "wrong-value",
        "access.tests[0].caller.scopes",
        "all");
    wrong("policies: [missing.yaml]", "file-unreadable", "access.policies", "missing.yaml");
  }

  @Test
  void filesAreReadWithTheirOwnLines() throws IOException {
    Files.writeString(
        folder.resolve("a.yaml"),
        """
        roles:
          support:
            grants:
              - { entities: [customer], actions: [read] }
        rules:
          - name: none
            deny: [delete]
        """);
    AccessConfig access = right("policies: [a.yaml]");
    assertEquals(
        "a.yaml, line 2",
        Objects.requireNonNull(access.policy().roles().get("support")).where().toString());
    Files.writeString(folder.resolve("b.yaml"), "roles:\n  support: {}\n  other: { grant: [] }\n");
    wrong("policies: [a.yaml, b.yaml]", "named-twice", "access.policies", "b.yaml, line 2");
    wrong("policies: [a.yaml, b.yaml]", "unknown-key", "access.policies", "b.yaml, line 3");
    Files.writeString(folder.resolve("c.yaml"), "policies: [a.yaml]\n");
    wrong("policies: [c.yaml]", "unknown-key", "access.policies", "c.yaml, line 1");
  }

  @Test
  void aChangedFileIsADifferenceOfTheDoorsAlone() throws IOException {
    Path file = folder.resolve("a.yaml");
    Files.writeString(file, "roles: { support: { grants: [ { actions: [read] } ] } }");
    ConfigReader.Outcome before = read("policies: [a.yaml]");
    assertEquals(List.of(), ConfigDifference.between(before, read("policies: [a.yaml]")).paths());
    Files.writeString(file, "roles: { support: { grants: [ { actions: [get] } ] } }");
    ConfigDifference difference = ConfigDifference.between(before, read("policies: [a.yaml]"));
    assertEquals(List.of("access.policies"), difference.paths());
    assertTrue(difference.ofDoorsAlone());
    ConfigDifference written = ConfigDifference.between(before, read("roles: {}"));
    assertTrue(written.ofDoorsAlone(), written.toString());
    ConfigReader.Outcome other =
        new ConfigReader(List.of(new FakeConnector()), _ -> "secret")
            .read(
                CONFIG.replace("public.customers, direction: read", "other, direction: read")
                    + "  policies: [a.yaml]\n",
                folder);
    assertFalse(ConfigDifference.between(before, other).ofDoorsAlone());
  }
}
