package dev.unisono.engine.config;

import dev.unisono.fuzz.Seeds;
import dev.unisono.postgres.PostgresConnector;
import java.nio.file.Path;
import java.util.List;

/** A config file is read, or every problem of it is told. */
public final class FuzzConfig {
  private static final Path NOWHERE = Path.of("/nonexistent");

  private FuzzConfig() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        """
        server: { host: 127.0.0.1, port: 8080 }
        state: { folder: "state", retention: 12h, retention-bytes: 2GiB, linger: 1ms }
        systems:
          a: { connector: postgres, url: "jdbc:postgresql://h:5432/a", user: u, password: "${env:P}", lanes: 8 }
          b: { connector: postgres, url: "jdbc:postgresql://h:5432/b", user: u, password: "${file:p}" }
        entities:
          person:
            plural: people
            key: [id]
            schema:
              properties:
                id: { type: integer }
                name: { type: [string, "null"], maxLength: 9, pattern: "^[a-z]+$" }
                born: { type: string, format: date }
                tags: { type: array, items: { type: number, format: double } }
              required: [id]
            standardize: { name: [trim, { phone: { region: DE } }, { expression: "value + 'x'" }] }
            rules: [ { code: a-b, check: "this.name != 'x'", severity: warn } ]
            match: [ { exact: [name] } ]
            index: [name]
        syncs:
          people:
            entity: person
            refresh: "0 3 * * *"
            conflict: { strategy: merge, deletes: ask, fields: { name: { expression: "newer.value" } } }
            members:
              - { system: a, table: t, direction: both, fields: { "*": snake_case } }
              - { system: b, table: t, direction: both, fields: { born: { column: x, convert: { date: dd/MM/yyyy } } } }
        """,
        "a: &a [*a]",
        "syncs: { s: { entity: e, members: [{}] } }",
        "? {a: b}\n: c");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    new ConfigReader(List.of(new PostgresConnector()), _ -> "value")
        .read(Seeds.text(input), NOWHERE);
  }
}
