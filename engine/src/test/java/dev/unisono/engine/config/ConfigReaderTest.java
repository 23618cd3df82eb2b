package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import dev.unisono.engine.validate.Allowed;
import dev.unisono.engine.validate.ArrayCheck;
import dev.unisono.engine.validate.NumberBound;
import dev.unisono.engine.validate.Severity;
import dev.unisono.engine.validate.TextLength;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigReaderTest {
  private static final String RIGHT =
      """
      # Written by the demo at each start; copy it to make a config of your own.
      server: { host: 127.0.0.1, port: 8181 }
      state:  { folder: "state", retention: 12h, retention-bytes: 2GiB }
      systems:
        crm:
          connector: postgres
          url: "jdbc:postgresql://127.0.0.1:5432/crm"
          user: unisono
          password: "${file:crm.password}"
        billing:
          connector: postgres
          url: "jdbc:postgresql://127.0.0.1:5433/billing"
          user: "${env:BILLING_USER}"
          password: "${env:BILLING_PASSWORD}"
          lanes: 8
          heartbeat: 500ms
          buffer: 64KiB
          eager: true
          mode: careful
      entities:
        customer:
          plural: customers
          key: id
          schema:
            properties:
              id:         { type: integer }
              name:       { type: string, maxLength: 200 }
              email:      { type: [string, "null"], pattern: "@" }
              balance:    { type: number, minimum: -10.5 }
              grade:      { type: string, enum: [a, b] }
              updated_at: { type: string, format: date-time }
            required: [id]
          standardize: { name: [trim], email: [trim, lower-case] }
          index: [name, balance]
        order:
          key: [customer_id, number]
          schema:
            properties:
              number:      { type: string, format: decimal }
              customer_id: { type: integer }
              photo:       { type: string, contentEncoding: base64 }
              weight:      { type: number, format: double }
              extra:       { type: object }
              list:        { type: array }
              marks:       { type: array, items: { type: number, maximum: 6 } }
          serve: false
      syncs:
        customers:
          entity: customer
          members:
            - { system: crm, table: public.customers, direction: read }
            - { system: billing, table: public.clients, direction: write, fields: { id: client_id, updated_at: null } }
      """;

  private static final String WRITER =
      "- { system: billing, table: public.clients, direction: write, fields: { id: client_id,"
          + " updated_at: null } }";

  @TempDir private Path folder;

  private ConfigReader.Outcome read(String text) {
    return new ConfigReader(
            List.of(new FakeConnector()),
            name -> Map.of("BILLING_USER", "unisono", "BILLING_PASSWORD", "hush-hush").get(name))
        .read(text, folder);
  }

  /** Problems as {@code line code path}. */
  private List<String> problems(String text) {
    return read(text).problems().stream()
        .map(one -> one.line() + " " + one.problem().code() + " " + one.problem().configPath())
        .toList();
  }

  /** What is found if one line of the right config reads otherwise. */
  private List<ConfigProblem> changed(String line, String... instead) throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    assertEquals(1, RIGHT.lines().filter(each -> each.strip().equals(line)).count(), line);
    String text =
        RIGHT
            .lines()
            .map(each ->
                each.strip().equals(line)
                    ? Arrays.stream(instead)
                        .map(other -> each.substring(0, each.indexOf(line)) + other)
                        .collect(Collectors.joining("\n"))
                    : each)
            .collect(Collectors.joining("\n"));
    return read(text).problems();
  }

  /** The one problem that is found. */
  private void assertProblem(String code, String path, String words, String line, String... instead)
      throws IOException {
    List<ConfigProblem> problems = changed(line, instead);
    assertEquals(1, problems.size(), problems.toString());
    Problem problem = problems.getFirst().problem();
    assertEquals(code, problem.code());
    assertEquals(path, problem.configPath());
    assertEquals(ProblemType.USER, problem.type());
    String said = problem.message() + " " + problem.remedy();
    assertTrue(said.contains(words), said);
    int first = RIGHT.lines().map(String::strip).toList().indexOf(line) + 1;
    int found = problems.getFirst().line();
    // What is missing is missing where its mapping begins.
    int around = code.equals("missing-key") ? 1 : 0;
    assertTrue(
        found >= first - around && found < first + around + Math.max(1, instead.length),
        "line " + found);
    assertTrue(problems.getFirst().column() > 0);
  }

  private List<String> writer(String more) throws IOException {
    return changed(WRITER, "- { system: billing, table: t, direction: write, " + more + " }")
        .stream()
        .map(one -> one.problem().code() + " " + one.problem().configPath())
        .toList();
  }

  @Test
  void howAMemberIsWrittenIsChecked() throws IOException {
    String path = "syncs.customers.members[1].";
    assertEquals(List.of(), writer("deletes: soft, deleted-flag: gone, on-refusal: park"));
    assertEquals(List.of(), writer("deletes: ignore, on-refusal: stop, park-limit: 7"));
    assertEquals(List.of("missing-key " + path + "deletes"), writer("deletes: soft"));
    assertEquals(List.of("wrong-value " + path + "deletes"), writer("deletes: never"));
    assertEquals(List.of("wrong-value " + path + "deleted-flag"), writer("deleted-flag: gone"));
    assertEquals(
        List.of("wrong-value " + path + "deleted-flag"),
        writer("deletes: soft, deleted-flag: name"));
    assertEquals(List.of("wrong-value " + path + "on-refusal"), writer("on-refusal: ask"));
    assertEquals(List.of("out-of-range " + path + "park-limit"), writer("park-limit: 0"));
    assertEquals(List.of("out-of-range " + path + "park-share"), writer("park-share: 101"));
    String reader = "- { system: crm, table: public.customers, direction: read }";
    assertProblem(
        "only-for-write",
        "syncs.customers.members[0].deletes",
        "direction: write",
        reader,
        "- { system: crm, table: public.customers, direction: read, deletes: hard }");
  }

  @Test
  void aMembersRulesAreInItsConfig() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    String text =
        RIGHT.replace(
            "fields: { id: client_id, updated_at: null }",
            "deletes: soft, deleted-flag: gone, on-refusal: stop, park-limit: 7, park-share: 9");
    Config.MemberConfig member =
        present(read(text).config()).syncs().getFirst().members().getLast();
    assertEquals(new Config.RefusalRules(false, 7, 9), member.refusals());
    assertEquals(Deletes.SOFT, member.binding().deletes());
    assertEquals("gone", member.binding().deletedFlag());
  }

  @Test
  void howMuchIsHeldForASystemIsInItsConfig() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    Map<String, Config.SystemConfig> systems =
        present(
                read(RIGHT.replace(
                        "lanes: 8",
                        "read-buffer: 1GiB\n    write-batch: 7\n    write-batch-bytes: 1KiB\n"
                            + "    write-buffer: 64KiB"))
                    .config())
            .systems();
    assertEquals(Config.SystemLimits.standard(), present(systems.get("crm")).limits());
    assertEquals(
        new Config.SystemLimits(1 << 30, 7, 1 << 10, 64 << 10),
        present(systems.get("billing")).limits());
    for (String wrong :
        List.of(
            "read-buffer: 1023KiB",
            "read-buffer: 2GiB",
            "write-batch: 0",
            "write-batch: 100001",
            "write-batch-bytes: 65MiB",
            "write-buffer: 1KiB")) {
      String key = wrong.substring(0, wrong.indexOf(':'));
      List<ConfigProblem> problems = read(RIGHT.replace("lanes: 8", wrong)).problems();
      assertEquals(1, problems.size(), problems::toString);
      Problem problem = problems.getFirst().problem();
      assertEquals("out-of-range", problem.code(), wrong);
      assertEquals("systems.billing." + key, problem.configPath());
    }
    assertEquals(
        "read-buffer is not from 1MiB to 1GiB.",
        read(RIGHT.replace("lanes: 8", "read-buffer: 5"))
            .problems()
            .getFirst()
            .problem()
            .message());
    assertEquals(
        "wrong-type",
        read(RIGHT.replace("lanes: 8", "write-buffer: much"))
            .problems()
            .getFirst()
            .problem()
            .code());
  }

  @Test
  void aRightFileGivesItsConfig() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    Path file = Files.writeString(folder.resolve("unisono.yaml"), RIGHT);
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new FakeConnector()), name -> "the " + name).read(file);
    assertEquals(List.of(), outcome.problems());
    Config config = present(outcome.config());

    assertEquals(new Config.ServerConfig("127.0.0.1", 8181), config.server());
    assertEquals(folder.resolve("state"), config.state().folder());
    assertEquals(Duration.ofHours(12), config.state().retention());
    assertEquals(2L << 30, config.state().retentionBytes());
    assertEquals(Duration.ZERO, config.state().linger());

    Settings crm = present(config.systems().get("crm")).settings();
    assertEquals("from a file", crm.text("password"));
    assertEquals(4, crm.number("lanes"));
    assertEquals(Duration.ofSeconds(10), crm.duration("heartbeat"));
    Settings billing = present(config.systems().get("billing")).settings();
    assertEquals("the BILLING_USER", billing.text("user"));
    assertEquals("the BILLING_PASSWORD", billing.text("password"));
    assertEquals(8, billing.number("lanes"));
    assertEquals(Duration.ofMillis(500), billing.duration("heartbeat"));
    assertEquals(64L << 10, billing.number("buffer"));
    assertTrue(billing.flag("eager"));
    assertFalse(billing.toString().contains("BILLING_PASSWORD"));

    EntityConfig customer = present(config.entities().get("customer"));
    assertEquals("customers", customer.plural());
    assertTrue(customer.served());
    assertEquals(Set.of("id", "name", "balance"), customer.indexed());
    assertEquals(
        List.of(Steps.plain(StepKind.TRIM), Steps.plain(StepKind.LOWER_CASE)),
        customer.rules().get(2).standardize());
    assertEquals(List.of(new TextLength(0, 200)), customer.rules().get(1).constraints().checks());
    assertEquals(
        List.of(new Allowed(Set.of("a", "b"))), customer.rules().get(4).constraints().checks());
    assertTrue(customer.schema().field(0).required());
    assertFalse(customer.schema().field(1).required());
    assertEquals(
        List.of(
            ValueType.LONG,
            ValueType.STRING,
            ValueType.STRING,
            ValueType.DECIMAL,
            ValueType.STRING,
            ValueType.TIMESTAMP),
        customer.schema().fields().stream().map(field -> field.type()).toList());
    assertEquals(
        "{\"type\":[\"string\",\"null\"],\"pattern\":\"@\"}",
        customer.fields().get(2).jsonSchema());
    assertEquals("{\"type\":\"number\",\"minimum\":-10.5}", customer.fields().get(3).jsonSchema());

    EntityConfig order = present(config.entities().get("order"));
    assertEquals("orders", order.plural());
    assertFalse(order.served());
    assertEquals(2, order.schema().keySize());
    assertEquals(1, order.schema().keyPosition(0));
    assertEquals(
        List.of(
            ValueType.DECIMAL,
            ValueType.LONG,
            ValueType.BYTES,
            ValueType.DOUBLE,
            ValueType.JSON,
            ValueType.JSON,
            ValueType.ARRAY),
        order.schema().fields().stream().map(field -> field.type()).toList());
    assertEquals(ValueType.DECIMAL, order.schema().field(6).items());
    assertTrue(present(order.fields().get(6).items()).jsonNumber());
    assertEquals(
        List.of(
            new ArrayCheck(
                0,
                Integer.MAX_VALUE,
                false,
                List.of(new NumberBound(new BigDecimal(6), true, true)))),
        order.rules().get(6).constraints().checks());
    assertEquals(
        "{\"type\":\"array\",\"items\":{\"type\":\"number\",\"maximum\":6}}",
        order.fields().get(6).jsonSchema());

    var members = config.syncs().getFirst().members();
    assertEquals(Direction.READ, members.getFirst().direction());
    assertEquals("id", members.getFirst().binding().column(0));
    assertEquals("client_id", members.getLast().binding().column(0));
    assertNull(members.getLast().binding().column(5));
    assertEquals("syncs.customers.members[1]", members.getLast().binding().configPath());
    assertEquals(
        customer.schema(), members.getLast().binding().schema(), "one schema for all members");
  }

  private static <T> T present(@Nullable T value) {

    return Objects.requireNonNull(value);
  }

  @Test
  void namesKeysThatNobodyKnows() throws IOException {
    String state = "state:  { folder: \"state\", retention: 12h, retention-bytes: 2GiB }";
    assertProblem("unknown-key", "sate", "did you mean 'state'?", state, "sate: {}");
    assertProblem(
        "unknown-key", "state.foldr", "did you mean 'folder'?", state, "state: { foldr: x }");
    assertProblem(
        "unknown-key", "systems.billing.lane", "did you mean 'lanes'?", "lanes: 8", "lane: 8");
    assertProblem(
        "unknown-key",
        "entities.customer.plurl",
        "did you mean 'plural'?",
        "plural: customers",
        "plurl: customers");
    assertProblem(
        "unknown-key",
        "entities.customer.schema.properties.grade.enums",
        "did you mean 'enum'?",
        "grade:      { type: string, enum: [a, b] }",
        "grade: { type: string, enums: [a, b] }");
    assertProblem(
        "unknown-key",
        "syncs.customers.kind",
        "Known keys: ",
        "entity: customer",
        "entity: customer",
        "kind: x");
  }

  @Test
  void namesKeysThatAreMissing() throws IOException {
    List<String> all = problems("server: { port: 8080 }\n");
    assertEquals(
        List.of("1 missing-key systems", "1 missing-key entities", "1 missing-key syncs"), all);
    assertProblem(
        "missing-key",
        "syncs.customers.entity",
        "'entity' is missing",
        "entity: customer",
        "# nothing");
  }

  @Test
  void readsHowLongBrowsersMayKeepRecords() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    String with = RIGHT.replace("serve: false", "cache-control: { max-age: 90s }");
    Config config = Objects.requireNonNull(read(with).config());
    assertEquals(
        Duration.ofSeconds(90), Objects.requireNonNull(config.entities().get("order")).cacheAge());
    String path = "entities.order.cache-control";
    for (String wrong : List.of("1500ms", "2d", "soon")) {
      assertProblem(
          "out-of-range",
          path + ".max-age",
          "from 0s to 1d",
          "serve: false",
          "cache-control: { max-age: " + wrong + " }");
    }
    assertProblem(
        "unknown-key",
        path + ".maxage",
        "'max-age'",
        "serve: false",
        "cache-control: { maxage: 1s }");
  }

  @Test
  void namesKeysThatStandTwice() throws IOException {
    assertProblem(
        "named-twice",
        "systems.billing.lanes",
        "a second time",
        "lanes: 8",
        "lanes: 8",
        "lanes: 8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lanes: many", "lanes: 1.5", "lanes: 99999999999999999999", "lanes: [8]"})
  void namesValuesOfAnotherType(String written) throws IOException {
    assertProblem("wrong-type", "systems.billing.lanes", "", "lanes: 8", written);
  }

  @Test
  void namesAmountsThatAreNone() throws IOException {
    for (String written : List.of("500", "-1s", "soon", "10 years", "999999999999d")) {
      assertProblem(
          "wrong-type",
          "systems.billing.heartbeat",
          "500ms",
          "heartbeat: 500ms",
          "heartbeat: " + written);
    }
    for (String written : List.of("64KB", "-1", "999999999999TiB")) {
      assertProblem(
          "wrong-type", "systems.billing.buffer", "64KiB", "buffer: 64KiB", "buffer: " + written);
    }
    assertProblem(
        "wrong-type", "systems.billing.eager", "true or false", "eager: true", "eager: yes");
    assertProblem(
        "wrong-type", "systems.billing.mode", "fast, careful", "mode: careful", "mode: slow");
    String state = "state:  { folder: \"state\", retention: 12h, retention-bytes: 2GiB }";
    assertProblem("wrong-type", "state.retention", "12h", state, "state: { retention: long }");
    assertProblem("wrong-type", "state.linger", "5ms", state, "state: { linger: long }");
    assertProblem("out-of-range", "state.linger", "5ms", state, "state: { linger: 2s }");
    assertProblem(
        "wrong-type", "state.retention-bytes", "10GiB", state, "state: { retention-bytes: 1PB }");
    String server = "server: { host: 127.0.0.1, port: 8181 }";
    assertProblem("out-of-range", "server.port", "65535", server, "server: { port: 65536 }");
    assertProblem("wrong-type", "server.port", "whole number", server, "server: { port: http }");
    assertProblem("wrong-type", "server", "mapping", server, "server: [1]");
    assertProblem(
        "wrong-type", "entities.order.serve", "true or false", "serve: false", "serve: nobody");
  }

  @Test
  void refusesWhatIsNotBuiltYet() throws IOException {
    String state = "state:  { folder: \"state\", retention: 12h, retention-bytes: 2GiB }";
    assertProblem("not-available", "state.url", "not available yet", state, "state: { url: x }");
  }

  @Test
  void refreshIsALengthOfTimeOrATimetable() throws IOException {
    for (String good : List.of("15m", "10s", "\"0 3 * * *\"", "\"*/5 8-18 * * 1-5\"")) {
      assertEquals(
          List.of(), changed("entity: customer", "entity: customer", "refresh: " + good), good);
    }
    assertProblem(
        "out-of-range",
        "syncs.customers.refresh",
        "15m",
        "entity: customer",
        "entity: customer",
        "refresh: 5s");
    for (String bad : List.of("nightly", "\"0 3 * *\"", "\"61 3 * * *\"")) {
      assertProblem(
          "wrong-value",
          "syncs.customers.refresh",
          "three in the night",
          "entity: customer",
          "entity: customer",
          "refresh: " + bad);
    }
  }

  /** Of systems that show their changes by themselves. */
  @Test
  void aCursorIsForSystemsThatAreReadByQueries() throws IOException {
    assertProblem(
        "not-available",
        "syncs.customers.members[0].cursor",
        "Leave it out",
        "- { system: crm, table: public.customers, direction: read }",
        "- { system: crm, table: public.customers, direction: read, cursor: changed }");
  }

  /** The right config with two members that both write, and something more about them. */
  private ConfigReader.Outcome merging(String ofSync, String ofSecond) throws IOException {
    Files.writeString(folder.resolve("crm.password"), "x");
    return read(mergingText(ofSync, ofSecond));
  }

  private static String mergingText(String ofSync, String ofSecond) {
    return RIGHT
        .replace("table: public.customers, direction: read", "table: c, direction: both")
        .replace(WRITER, "- { system: billing, table: d, direction: both" + ofSecond + " }")
        .replace("entity: customer\n", "entity: customer" + ofSync + "\n");
  }

  @Test
  void readsSeveralMembersThatWrite() throws IOException {
    String conflict =
        "{ strategy: priority, deletes: ask, fields: { balance: sum, name:"
            + " { expression: 'newer.value' } } }";
    Config config = Objects.requireNonNull(merging("\n    conflict: " + conflict, "").config());
    Config.SyncConfig sync = config.syncs().getFirst();
    assertTrue(sync.merges());
    assertEquals(FirstLoad.ASK, sync.firstLoad());
    assertEquals(new FieldStrategy.Sum(), sync.conflict().strategy("balance"));
    assertEquals("expression", sync.conflict().strategy("name").name());
    assertEquals(new FieldStrategy.Priority(), sync.conflict().strategy("email"));
    assertEquals(Config.DeleteRule.ASK, sync.conflict().deletes());
    assertEquals(
        sync.conflict(),
        Objects.requireNonNull(merging("\n    conflict: " + conflict, "").config())
            .syncs()
            .getFirst()
            .conflict(),
        "read twice, it is the same");
    Config.SyncConfig plain = Objects.requireNonNull(merging("", "").config()).syncs().getFirst();
    assertEquals(Config.ConflictRules.standard(), plain.conflict());
  }

  @Test
  void refusesWhatSeveralMembersThatWriteCannotHave() throws IOException {
    Map<String, String> ofSync =
        Map.ofEntries(
            Map.entry("schema-change: evolve", "schema-change not-available"),
            Map.entry("first-load: delete-extra", "first-load wrong-value"),
            Map.entry("conflict: { strategy: sum }", "conflict.strategy wrong-value"),
            Map.entry(
                "conflict: { fields: { name: { expression: 'newer.valu' } } }",
                "conflict.fields.name.expression bad-expression"),
            Map.entry(
                "conflict: { fields: { name: { expression: '1 + 1' } } }",
                "conflict.fields.name.expression bad-expression"),
            Map.entry("conflict: { strategy: loud }", "conflict.strategy wrong-value"),
            Map.entry("conflict: { deletes: never }", "conflict.deletes wrong-value"),
            Map.entry("conflict: { fields: { nam: sum } }", "conflict.fields.nam unknown-field"),
            Map.entry("conflict: { fields: { name: sum } }", "conflict.fields.name wrong-value"),
            Map.entry("conflict: { colour: red }", "conflict.colour unknown-key"));
    ofSync.forEach((line, expected) ->
        assertEquals(
            List.of("syncs.customers." + expected), said(() -> merging("\n    " + line, ""))));
    for (String key : List.of("where", "create-table", "deletes")) {
      String value = key.equals("create-table") ? "true" : key.equals("where") ? "a" : "hard";
      assertEquals(
          List.of("syncs.customers.members[1]." + key + " not-available"),
          said(() -> merging("", ", " + key + ": " + value)));
    }
    assertProblem(
        "wrong-value",
        "syncs.customers.members",
        "nothing to write",
        "- { system: crm, table: public.customers, direction: read }",
        "- { system: crm, table: public.customers, direction: both }");
    assertProblem(
        "wrong-value",
        "syncs.customers.conflict",
        "Only one member",
        "entity: customer",
        "entity: customer",
        "conflict: { strategy: latest }");
  }

  @Test
  void readsHowRowsAreMatchedAndHowManyDeletesPass() throws IOException {
    Config config = Objects.requireNonNull(merging("\n    delete-limit: 5", "").config());
    assertEquals(5, config.syncs().getFirst().deleteLimit());
    assertEquals(
        1_000, Objects.requireNonNull(merging("", "").config()).syncs().getFirst().deleteLimit());
    Files.writeString(folder.resolve("crm.password"), "x");
    assertEquals(0, Objects.requireNonNull(read(RIGHT).config()).syncs().getFirst().deleteLimit());
    assertEquals(
        List.of("syncs.customers.delete-limit out-of-range"),
        said(() -> merging("\n    delete-limit: -1", "")));
    String plural = "    plural: customers\n";
    String rules = "    match: [{ exact: [email] }, { exact: [name, grade] }]\n";
    Config matched =
        Objects.requireNonNull(read(mergingText("", "").replace(plural, plural + rules)).config());
    Config.SyncConfig sync = matched.syncs().getFirst();
    assertEquals(
        List.of(List.of("email"), List.of("name", "grade")),
        Objects.requireNonNull(matched.entities().get("customer")).match().exact());
    assertTrue(sync.members().stream().allMatch(member -> member.binding().ownKeys()));
    assertEquals(
        List.of("entities.customer.match[0].exact unknown-field"),
        said(() ->
            read(
                mergingText("", "").replace(plural, plural + "    match: [{ exact: [mail] }]\n"))));
    assertEquals(
        List.of("entities.customer.match[0].exact wrong-value"),
        said(() ->
            read(mergingText("", "").replace(plural, plural + "    match: [{ exact: [id] }]\n"))));
    assertEquals(
        List.of("syncs.customers.entity wrong-value"),
        said(() -> read(RIGHT.replace(plural, plural + rules))));
    assertEquals(
        List.of("syncs.customers.members wrong-value"),
        said(() ->
            read(
                mergingText("", ", fields: { email: null, grade: null }")
                    .replace(plural, plural + rules))));
  }

  @Test
  void readsHowRowsAreMatchedThatAreNearlyEqual() throws IOException {
    String rule =
        "{ fuzzy: { block: [{ field: email, by: domain }, { field: [name, email], by: prefix,"
            + " length: 3 }], compare: [{ field: name, weight: 2.5 }, { field: [name, email], by:"
            + " words }], review: 0.75 } }";
    Config matched = Objects.requireNonNull(matching("{ exact: email }, " + rule).config());
    MatchRules rules = Objects.requireNonNull(matched.entities().get("customer")).match();
    assertEquals(List.of(List.of("email")), rules.exact());
    assertEquals(
        List.of(
            new FuzzyRule(
                List.of(
                    new FuzzyRule.BlockKey(List.of("email"), FuzzyRule.BlockKind.DOMAIN, 0),
                    new FuzzyRule.BlockKey(
                        List.of("name", "email"), FuzzyRule.BlockKind.PREFIX, 3)),
                List.of(
                    new FuzzyRule.Comparison(List.of("name"), FuzzyRule.Likeness.JARO_WINKLER, 2.5),
                    new FuzzyRule.Comparison(
                        List.of("name", "email"), FuzzyRule.Likeness.WORDS, 1)),
                0.92,
                0.75,
                0.6,
                200)),
        rules.fuzzy());
    assertTrue(
        Objects.requireNonNull(matching(rule).config()).syncs().getFirst().members().stream()
            .allMatch(member -> member.binding().ownKeys()));
    String right = "block: [{ field: email }], compare: [{ field: name }]";
    Map<String, String> wrong =
        Map.ofEntries(
            Map.entry("{ exact: email, fuzzy: { " + right + " } }", " wrong-value"),
            Map.entry("{ }", " wrong-value"),
            Map.entry("{ fuzzy: { compare: [{ field: name }] } }", ".fuzzy.block missing-key"),
            Map.entry("{ fuzzy: { block: [{ field: name }] } }", ".fuzzy.compare missing-key"),
            Map.entry("{ fuzzy: { " + right + ", link: 1.5 } }", ".fuzzy.link out-of-range"),
            Map.entry("{ fuzzy: { " + right + ", link: 0.5 } }", ".fuzzy.review wrong-value"),
            Map.entry("{ fuzzy: { " + right + ", present: most } }", ".fuzzy.present wrong-type"),
            Map.entry(
                "{ fuzzy: { " + right + ", block-limit: 0 } }", ".fuzzy.block-limit out-of-range"),
            Map.entry(
                "{ fuzzy: { block: [{ field: email, by: prefix }], compare: [{ field: name }] } }",
                ".fuzzy.block[0].length missing-key"),
            Map.entry(
                "{ fuzzy: { block: [{ field: mail }], compare: [{ field: name }] } }",
                ".fuzzy.block[0].field unknown-field"),
            Map.entry(
                "{ fuzzy: { block: [{ field: email }], compare: [{ field: id }] } }",
                ".fuzzy.compare[0].field wrong-value"),
            Map.entry(
                "{ fuzzy: { block: [{ field: email }], compare: [{ field: name, by: word }] } }",
                ".fuzzy.compare[0].by wrong-value"));
    wrong.forEach((text, expected) ->
        assertEquals(
            "entities.customer.match[0]" + expected, said(() -> matching(text)).getFirst(), text));
    assertEquals(
        List.of("syncs.customers.members wrong-value"),
        said(() ->
            read(
                mergingText("", ", fields: { name: null }")
                    .replace(
                        "    plural: customers\n",
                        "    plural: customers\n    match: [{ fuzzy: { " + right + " } }]\n"))));
  }

  private ConfigReader.Outcome matching(String rules) throws IOException {
    Files.writeString(folder.resolve("crm.password"), "x");
    String plural = "    plural: customers\n";
    return read(mergingText("", "").replace(plural, plural + "    match: [" + rules + "]\n"));
  }

  @Test
  void whatComesBackToWhereItWasReadIsRefused() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "x");
    String back =
        """
          back:
            entity: order
            members:
              - { system: billing, table: clients, direction: read }
              - { system: crm, table: "Customers", direction: write }
        """;
    ConfigReader.Outcome circle = read(RIGHT + back);
    assertEquals(
        List.of("syncs.customers.members sync-loop", "syncs.back.members sync-loop"),
        said(() -> circle));
    assertTrue(
        circle
            .problems()
            .getFirst()
            .problem()
            .message()
            .contains("crm.customers → billing.clients (customers) → crm.customers (back)"));
    assertEquals(List.of(), said(() -> read(RIGHT + back.replace("Customers", "others"))));
  }

  private interface Reading {
    ConfigReader.Outcome outcome() throws IOException;
  }

  private static List<String> said(Reading reading) {
    try {
      return reading.outcome().problems().stream()
          .map(found -> found.problem().configPath() + " " + found.problem().code())
          .toList();
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  @Test
  void refusesSecretsInPlainText() throws IOException {
    String password = "password: \"${env:BILLING_PASSWORD}\"";
    String url = "url: \"jdbc:postgresql://127.0.0.1:5433/billing\"";
    for (String written :
        List.of("password: geheim99", "password: \"geheim99${env:BILLING_PASSWORD}\"")) {
      assertProblem("secret-in-config", "systems.billing.password", "${env:", password, written);
    }
    for (String written :
        List.of(
            "url: \"jdbc:postgresql://h/d?password=geheim99\"",
            "url: \"jdbc:postgresql://h/d?a=b&password=geheim99\"",
            "url: \"jdbc:postgresql://u:geheim99@h/d\"")) {
      assertProblem("secret-in-config", "systems.billing.url", "${file:", url, written);
      assertFalse(changed(url, written).toString().contains("geheim99"));
    }
  }

  @Test
  void namesReferencesThatLeadNowhere() throws IOException {
    String password = "password: \"${env:BILLING_PASSWORD}\"";
    assertProblem(
        "no-such-variable",
        "systems.billing.password",
        "NOBODY",
        password,
        "password: \"${env:NOBODY}\"");
    assertProblem(
        "file-unreadable",
        "systems.billing.password",
        "no/such",
        password,
        "password: \"${file:no/such}\"");
    assertProblem(
        "unknown-reference",
        "systems.billing.password",
        "${vault:",
        password,
        "password: \"${vault:x}\"");
  }

  @Test
  void namesProblemsOfSystems() throws IOException {
    String url = "url: \"jdbc:postgresql://127.0.0.1:5433/billing\"";
    assertProblem("bad-url", "systems.billing.url", "It is no url", url, "url: postgres");
    assertProblem("missing-key", "systems.billing.url", "Where it is", url, "# nothing");
    assertEquals(
        List.of("3 unknown-connector systems.a.connector", "4 missing-key systems.b.connector"),
        problems(
            """
            systems:
              a:
                connector: postgers
              b: { url: x }
            entities: {}
            syncs: {}
            """));
    assertTrue(
        read("systems: { a: { connector: postgers } }\nentities: {}\nsyncs: {}")
            .problems()
            .getFirst()
            .problem()
            .message()
            .contains("did you mean 'postgres'?"));
  }

  @Test
  void namesProblemsOfEntities() throws IOException {
    String plural = "plural: customers";
    String path = "entities.customer.plural";
    for (String reserved : List.of("changes", "stream", "admin")) {
      assertProblem("reserved-plural", path, "Choose another", plural, "plural: " + reserved);
    }
    assertProblem("bad-plural", path, "lower-case", plural, "plural: Kunden");
    assertProblem("plural-twice", "entities.order.plural", "", "serve: false", "plural: customers");
    String properties = "entities.customer.schema.properties.";
    String grade = "grade:      { type: string, enum: [a, b] }";
    assertProblem(
        "wrong-value", properties + "grade.type", "type 'text'", grade, "grade: { type: text }");
    assertProblem(
        "wrong-value", properties + "grade.type", "type 'in'", grade, "grade: { type: in }");
    assertProblem(
        "not-available",
        properties + "grade.type",
        "one type",
        grade,
        "grade: { type: [string, integer] }");
    assertProblem(
        "not-available",
        properties + "grade.format",
        "date-time",
        grade,
        "grade: { type: string, format: e-mail }");
    assertProblem(
        "not-available",
        properties + "grade.contentEncoding",
        "",
        grade,
        "grade: { type: string, contentEncoding: hex }");
    assertProblem(
        "not-available",
        properties + "grade.contentEncoding",
        "",
        grade,
        "grade: { type: integer, contentEncoding: base64 }");
    assertProblem(
        "bad-pattern",
        properties + "grade.pattern",
        "regular expression",
        grade,
        "grade: { type: string, pattern: \"(\" }");
    assertProblem(
        "wrong-type",
        properties + "grade.minimum",
        "number",
        grade,
        "grade: { type: number, minimum: low }");
    assertProblem(
        "wrong-type",
        properties + "grade.minLength",
        "whole number",
        grade,
        "grade: { type: string, minLength: 1.5 }");
    assertProblem(
        "wrong-type",
        properties + "grade.enum",
        "number",
        grade,
        "grade: { type: integer, enum: [1, b] }");
    assertProblem(
        "wrong-type",
        properties + "grade.title",
        "single value",
        grade,
        "grade: { type: string, title: { a: 1 } }");
    assertProblem("missing-key", properties + "grade.type", "type", grade, "grade: {}");
    assertProblem(
        "not-available",
        properties + "grade.items",
        "another type",
        grade,
        "grade: { type: string, items: { type: string } }");
    assertProblem(
        "not-available",
        properties + "grade.items",
        "single values",
        grade,
        "grade: { type: array, items: { type: array, items: { type: string } } }");
    assertProblem(
        "missing-key",
        properties + "grade.items.type",
        "type",
        grade,
        "grade: { type: array, items: {} }");
    assertProblem(
        "not-available",
        properties + "grade.items.format",
        "date-time",
        grade,
        "grade: { type: array, items: { type: string, format: e-mail } }");
    String steps = "standardize: { name: [trim], email: [trim, lower-case] }";
    assertProblem(
        "unknown-step",
        "entities.customer.standardize.name",
        "did you mean 'trim'?",
        steps,
        "standardize: { name: [trin] }");
    assertProblem(
        "unknown-field",
        "entities.customer.standardize.nam",
        "did you mean 'name'?",
        steps,
        "standardize: { nam: [trim] }");
    assertProblem(
        "key-standardized",
        "entities.customer.standardize.id",
        "two records",
        steps,
        "standardize: { id: [trim] }");
    assertProblem(
        "unknown-field",
        "entities.customer.schema.required",
        "did you mean 'id'?",
        "required: [id]",
        "required: [idd]");
    assertProblem(
        "unknown-field",
        "entities.customer.index",
        "did you mean 'balance'?",
        "index: [name, balance]",
        "index: [name, balnce]");
    assertProblem(
        "named-twice",
        "entities.customer.index",
        "twice",
        "index: [name, balance]",
        "index: [name, name]");
    assertProblem(
        "out-of-range",
        "entities.customer.index",
        "from 2 to 8",
        "index: [name, balance]",
        "index: [name, [balance]]");
    assertProblem(
        "unknown-field",
        "entities.customer.index",
        "did you mean 'balance'?",
        "index: [name, balance]",
        "index: [[name, balnce]]");
    assertProblem(
        "named-twice",
        "entities.customer.index",
        "[name, balance] stands there twice",
        "index: [name, balance]",
        "index: [[name, balance], [name, balance]]");
    assertProblem(
        "not-indexable", "entities.order.index", "no order", "serve: false", "index: [extra]");
    String key = "key: [customer_id, number]";
    assertProblem("bad-key-type", "entities.order.key", "'weight'", key, "key: weight");
    assertProblem(
        "unknown-field",
        "entities.order.key",
        "did you mean 'number'?",
        key,
        "key: [customer_id, nummer]");
  }

  @Test
  void whatMustHoldBetweenRecordsIsInItsConfig() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    String text =
        RIGHT.replace(
            "index: [name, balance]",
            """
            unique: [ { field: email, severity: warn }, { field: [ grade, name ] } ]
                references: [ { field: id, entity: customer, severity: quarantine } ]
                relations: [ { field: id, entity: customer } ]\
            """);
    var reference = new Constraints.Reference(List.of("id"), "customer", Severity.QUARANTINE);
    var relation = new Constraints.Reference(List.of("id"), "customer", Severity.REJECT);
    assertEquals(
        new Constraints(
            List.of(
                new Constraints.Unique(List.of("email"), Severity.WARN),
                new Constraints.Unique(List.of("grade", "name"), Severity.REJECT)),
            List.of(reference),
            List.of(reference, relation)),
        present(present(read(text).config()).entities().get("customer")).constraints());
  }

  /** What is found with these rules in place of a line. */
  private List<String> between(String... rules) throws IOException {
    return changed("index: [name, balance]", rules).stream()
        .map(one -> one.problem().code() + " " + one.problem().configPath())
        .toList();
  }

  @Test
  void whatCannotHoldBetweenRecordsIsRefused() throws IOException {
    String unique = "entities.customer.unique[0]";
    assertEquals(List.of("missing-key " + unique + ".field"), between("unique: [ {} ]"));
    assertEquals(
        List.of("unknown-field " + unique + ".field"), between("unique: [ { field: mail } ]"));
    assertEquals(
        List.of("wrong-value " + unique + ".field"),
        between("unique: [ { field: [ id, email ] } ]"));
    assertEquals(
        List.of("named-twice entities.customer.unique[1].field"),
        between("unique: [ { field: [ name, email ] }, { field: [ email, name ] } ]"));
    assertEquals(
        List.of("wrong-value " + unique + ".severity"),
        between("unique: [ { field: email, severity: maybe } ]"));
    assertEquals(
        List.of("not-available entities.customer.unique"),
        between("unique: [ { field: email } ]", "match: [ { exact: [ name ] } ]").stream()
            .filter(problem -> problem.startsWith("not-available"))
            .toList());
    String reference = "entities.customer.references[0]";
    assertEquals(
        List.of("no-such-entity " + reference + ".entity"),
        between("references: [ { field: id, entity: custmer } ]"));
    assertEquals(
        List.of("wrong-value " + reference + ".entity"),
        between("references: [ { field: [ id, name ], entity: order } ]"));
    assertEquals(
        List.of("wrong-type " + reference + ".field"),
        between("references: [ { field: name, entity: customer } ]"));
    assertEquals(
        List.of("wrong-value " + reference + ".field"),
        between("references: [ { field: [ id, name ], entity: customer } ]"));
  }

  @Test
  void namesProblemsOfSyncs() throws IOException {
    String reader = "- { system: crm, table: public.customers, direction: read }";
    String path = "syncs.customers.members";
    assertProblem(
        "no-such-entity",
        "syncs.customers.entity",
        "did you mean 'customer'?",
        "entity: customer",
        "entity: custmer");
    assertProblem(
        "no-such-system",
        path + "[0].system",
        "did you mean 'crm'?",
        reader,
        "- { system: crn, table: public.customers, direction: read }");
    assertProblem(
        "system-twice",
        path + "[1].system",
        "already",
        reader,
        reader,
        "- { system: crm, table: public.others, direction: write }");
    assertProblem(
        "wrong-value",
        path + "[1].direction",
        "read, write or both",
        WRITER,
        "- { system: billing, table: t, direction: up }");
  }

  @Test
  void aConditionStandsAtTheMemberThatIsRead() throws IOException {
    String reader = "table: public.customers, direction: read";
    var members =
        present(read(RIGHT.replace(reader, reader + ", where: \"id > 1\"")).draft())
            .syncs()
            .getFirst()
            .members();
    assertEquals("id > 1", members.getFirst().binding().where());
    assertNull(members.getLast().binding().where());
    assertProblem(
        "not-available",
        "syncs.customers.members[1].where",
        "takes all that is read",
        WRITER,
        WRITER.replace("fields:", "where: \"id > 1\", fields:"));
  }

  @Test
  void wantsAReader() throws IOException {
    String reader = "- { system: crm, table: public.customers, direction: read }";
    List<ConfigProblem> none =
        changed(reader, "- { system: crm, table: public.customers, direction: write }");
    assertEquals("no-reader", none.getFirst().problem().code());
    assertEquals("syncs.customers.members", none.getFirst().problem().configPath());
    assertProblem(
        "unknown-field",
        "syncs.customers.members[1].fields.mail",
        "did you mean 'email'?",
        WRITER,
        "- { system: billing, table: t, direction: write, fields: { mail: x } }");
    assertProblem(
        "key-without-column",
        "syncs.customers.members[1].fields.id",
        "key",
        WRITER,
        "- { system: billing, table: t, direction: write, fields: { id: null } }");
    assertEquals(
        List.of(),
        changed(WRITER, "- { system: billing, table: public.clients, direction: read }"),
        "what two members write is merged, though neither is told");
  }

  @Test
  void refusesAnEntityInTwoSyncs() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    String second =
        """
          again:
            entity: customer
            members:
              - { system: crm, table: public.customers, direction: read }
        """;
    int line = (int) RIGHT.lines().count() + 2;
    assertEquals(
        List.of(line + " entity-in-two-syncs syncs.again.entity"), problems(RIGHT + second));
  }

  @Test
  void saysWhereItIsNotYaml() {
    assertEquals(List.of("2 not-yaml null"), problems("server: { port: 1\nsystems: ]\n"));
    assertEquals(List.of("3 not-yaml null"), problems("server:\n  port: 1\n\thost: x\n"));
    assertEquals("not-yaml", read("a: 1\n---\nb: 2\n").problems().getFirst().problem().code());
    assertEquals("not-yaml", read("a: *nobody\n").problems().getFirst().problem().code());
  }

  @Test
  void saysThatThereIsNothing() throws IOException {
    assertEquals(List.of("1 empty null"), problems(""));
    assertEquals(List.of("1 empty null"), problems("# only a comment\n"));
    assertTrue(problems("just words").contains("1 wrong-type "));
    ConfigReader reader = new ConfigReader(List.of(new FakeConnector()), name -> null);
    Problem missing = reader.read(folder.resolve("nothing.yaml")).problems().getFirst().problem();
    assertEquals("file-unreadable", missing.code());
    Path binary = Files.write(folder.resolve("b.yaml"), new byte[] {(byte) 0xC3, 0x28});
    assertTrue(reader.read(binary).problems().getFirst().problem().message().contains("UTF-8"));
  }

  @Test
  void expandsNoBomb() {
    StringBuilder doubling =
        new StringBuilder("systems: {}\nsyncs: {}\nentities:\n  a:\n    key: x\n");
    doubling.append("    schema:\n      properties:\n        x:\n          type: string\n");
    doubling.append("          title: &a0 [z, z]\n");
    for (int i = 1; i < 25; i++) {
      doubling.append("          k%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    String laughs =
        "a: &a [x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a,"
            + " *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a,"
            + " *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n";
    String recursive =
        """
        systems: &s
          a: *s
        entities:
          a:
            key: x
            schema:
              properties:
                x: { type: string, title: &t [*t], enum: &e [*e], description: &d { d: *d } }
        syncs: &y { y: *y }
        """;
    String deep = "a: " + "[".repeat(5_000) + "]".repeat(5_000);
    for (String bomb : List.of(doubling.toString(), laughs, recursive, deep)) {
      ConfigReader.Outcome outcome =
          assertTimeoutPreemptively(Duration.ofSeconds(20), () -> read(bomb));
      assertNull(outcome.config());
      assertFalse(outcome.problems().isEmpty());
    }
  }

  @Test
  void findsEverythingAtOnceInTheOrderOfTheFile() {
    assertEquals(
        List.of(
            "1 unknown-key sever",
            "2 not-available state.url",
            "6 bad-url systems.crm.url",
            "7 secret-in-config systems.crm.password",
            "9 unknown-connector systems.erp.connector",
            "12 reserved-plural entities.customer.plural",
            "16 bad-pattern entities.customer.schema.properties.name.pattern",
            "17 not-available entities.customer.schema.properties.mail.format",
            "18 unknown-step entities.customer.standardize.name",
            "20 unknown-key syncs.customers.mode",
            "21 no-such-entity syncs.customers.entity",
            "23 no-such-system syncs.customers.members[1].system",
            "23 wrong-value syncs.customers.members[1].direction"),
        problems(
            """
            sever: { port: 8080 }
            state: { url: x }
            systems:
              crm:
                connector: postgres
                url: nowhere
                password: geheim99
                user: me
              erp: { connector: oracle }
            entities:
              customer:
                plural: stream
                key: id
                schema:
                  properties: { id: { type: integer },
                    name: { type: string, pattern: "[" },
                    mail: { type: string, format: e-mail } }
                standardize: { name: shout }
            syncs:
              customers: { mode: fast,
                entity: kunde,
                members: [ { system: crm, table: t, direction: write },
                  { system: erq, table: t, direction: sideways } ] }
            """));
  }

  @Test
  void findsTheLineOfAProblemThatASystemHas() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "x");
    ConfigReader.Outcome outcome = read(RIGHT);
    List<String> lines = RIGHT.lines().map(String::strip).toList();
    Map<String, String> places =
        Map.of(
            "systems.billing.user", "user: \"${env:BILLING_USER}\"",
            "systems.crm.slot", "connector: postgres",
            "syncs.customers.members[0].fields.id",
                "- { system: crm, table: public.customers, direction: read }");
    places.forEach((path, line) ->
        assertEquals(
            lines.indexOf(line) + 1,
            outcome.located(new Problem("x", ProblemType.USER, "x", path, "")).line(),
            path));
  }

  @Test
  void whatBecomesOfTablesIsReadWithItsSync() throws IOException {
    Files.writeString(folder.resolve("crm.password"), "from a file\n");
    String text =
        RIGHT
            .replace("    entity: customer\n", "    entity: customer\n    schema-change: evolve\n")
            .replace("updated_at: null }", "updated_at: null }, alter-table: true");
    ConfigReader.Outcome outcome = read(text);
    assertEquals(List.of(), outcome.problems());
    var members = java.util.Objects.requireNonNull(outcome.config()).syncs().getFirst().members();
    assertEquals(
        new dev.unisono.spi.TablePolicy(dev.unisono.spi.SchemaChange.EVOLVE, false, true, null),
        members.getLast().binding().policy());
    assertEquals(
        List.of("50 wrong-value syncs.customers.schema-change"),
        problems(text.replace("schema-change: evolve", "schema-change: follow")));
    assertEquals(
        List.of("52 only-for-write syncs.customers.members[0].create-table"),
        problems(text.replace("direction: read }", "direction: read, create-table: true }")));
  }

  @Test
  void stepsOfAMemberStandWhereTheyHaveAMeaning() throws IOException {
    assertEquals(List.of(), writer("deliver: { name: upper-case }"));
    assertEquals(
        List.of("only-for-read syncs.customers.members[1].collect"),
        writer("collect: { name: trim }"));
    assertEquals(
        List.of("not-available syncs.customers.members[1].deliver.name"),
        writer("deliver: { name: { phone: { region-field: email } } }"));
    assertEquals(
        List.of("key-standardized syncs.customers.members[1].deliver.id"),
        writer("deliver: { id: trim }"));
    String reader = "- { system: crm, table: public.customers, direction: read }";
    assertEquals(List.of(), changed(reader, reader.replace(" }", ", collect: { name: [trim] } }")));
    assertEquals(
        List.of("only-for-write"),
        changed(reader, reader.replace(" }", ", deliver: { name: [trim] } }")).stream()
            .map(one -> one.problem().code())
            .toList());
  }
}
