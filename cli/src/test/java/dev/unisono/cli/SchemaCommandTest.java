package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SchemaCommandTest {
  /** What the demo writes. */
  private static final String DEMO =
      """
      server: { host: 127.0.0.1, port: 8080 }
      state:  { folder: "state" }
      systems:
        crm:
          connector: postgres
          url: "jdbc:postgresql://127.0.0.1:5432/crm"
          user: unisono
          password: "${file:crm.password}"
        billing:
          connector: postgres
          url: "jdbc:postgresql://127.0.0.1:5432/billing"
          user: unisono
          password: "${file:billing.password}"
          heartbeat: 5s
          lanes: 8
          write-batch: 500
          write-buffer: 1MiB
      entities:
        customer:
          plural: customers
          key: id
          schema:
            properties:
              id:         { type: integer }
              name:       { type: string, maxLength: 200 }
              email:      { type: [string, "null"], enum: [a, b] }
              country:    { type: string, title: Country, description: Where they live. }
              balance:    { type: number, minimum: 0, maximum: 10.5 }
              updated_at: { type: string, format: date-time }
            required: [id]
          standardize: { name: [trim], email: [trim, lower-case], country: upper-case }
          index: [name, country, balance]
          rules:
            - { code: poor-abroad, check: "this.country == 'DE' || this.balance > 1.0", severity: warn }
            - { code: named, check: "this.name != ''", message: "A customer has a name." }
        order:
          plural: orders
          key: [id, customer_id]
          serve: false
          schema:
            properties:
              id:          { type: integer }
              customer_id: { type: integer }
              photo:       { type: string, contentEncoding: base64 }
      syncs:
        customers:
          entity: customer
          members:
            - { system: crm, table: public.customers, direction: read }
            - { system: billing, table: public.clients, direction: write, fields: { id: client_id, updated_at: null, balance: { column: cents, convert: { scale: 100 } } } }
      """;

  private Schema schema;

  @BeforeAll
  void readSchema() throws IOException, InterruptedException {
    CliRun run = CliRun.of(Map.of(), "schema");
    assertEquals(0, run.exit(), run.errors());
    Schema of2020 =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(
                com.networknt.schema.SchemaLocation.of(
                    "https://json-schema.org/draft/2020-12/schema"));
    assertEquals(List.of(), of2020.validate(run.output(), InputFormat.JSON));
    schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(run.output(), InputFormat.JSON);
  }

  private List<Error> errors(String config) {
    return schema.validate(config, InputFormat.YAML);
  }

  @Test
  void takesWhatTheReaderTakes() throws IOException, InterruptedException {
    assertEquals(List.of(), errors(DEMO));
    Path folder = Files.createTempDirectory("unisono-schema");
    Files.writeString(folder.resolve("crm.password"), "x");
    Files.writeString(folder.resolve("billing.password"), "x");
    Path file = Files.writeString(folder.resolve("unisono.yaml"), DEMO);
    CliRun run = CliRun.of(Map.of(), "check", "--offline", file.toString());
    assertEquals(0, run.exit(), run.output());
  }

  @Test
  void refusesWhatTheReaderRefuses() {
    Map<String, String> changes =
        Map.ofEntries(
            Map.entry("server: {", "sever: {"),
            Map.entry("port: 8080", "prot: 8080"),
            Map.entry("connector: postgres", "connector: oracle"),
            Map.entry("lanes: 8", "lanes: many"),
            Map.entry("write-batch: 500", "write-batch: few"),
            Map.entry("heartbeat: 5s", "hartbeat: 5s"),
            Map.entry("password: \"${file:crm.password}\"", "password: geheim"),
            Map.entry("key: id", "keys: id"),
            Map.entry("maxLength: 200", "maxLength: long"),
            Map.entry("minimum: 0", "minimum: low"),
            Map.entry("name: [trim]", "name: [shout]"),
            Map.entry("serve: false", "serve: nobody"),
            Map.entry("severity: warn", "severity: shout"),
            Map.entry("code: named, ", ""),
            Map.entry("direction: read", "direction: sideways"),
            Map.entry("entity: customer", "entity: customer\n    conflict: { strategy: loudest }"));
    changes.forEach((right, wrong) -> {
      String config =
          DEMO.replaceFirst(
              java.util.regex.Pattern.quote(right),
              java.util.regex.Matcher.quoteReplacement(wrong));
      assertFalse(config.equals(DEMO), right);
      assertFalse(errors(config).isEmpty(), wrong);
    });
  }
}
