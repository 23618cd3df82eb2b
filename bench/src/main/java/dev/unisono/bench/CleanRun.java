package dev.unisono.bench;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Measures by JMH, in this process, what the pure stages cost a row. For one thread. */
final class CleanRun {
  private static final int ROWS = 1_024;
  private static final int ITERATIONS = 5;

  private static final String STEPS =
      """
          standardize:
            name:    [trim, collapse-spaces]
            email:   [trim]
            country: [upper-case]
            city:    [unicode-nfc]
      """;

  /** Steps that know the world. */
  private static final String PEOPLE =
      """
          standardize:
            name:    [name]
            email:   [email]
            country: [country]
            phone:   [{ phone: { region-field: country } }]
            city:    [trim]
      """;

  private static final String SCHEMA =
      """
          schema:
            properties:
              id:       { type: integer, minimum: 1 }
              name:     { type: string, minLength: 1, maxLength: 200 }
              email:    { type: string, format: email, maxLength: 254 }
              phone:    { type: string, maxLength: 40 }
              country:  { type: string, pattern: "^[A-Z]{2}$" }
              city:     { type: string, maxLength: 100 }
              status:   { type: string, enum: [new, active, gone] }
              balance:  { type: number, minimum: -100000, maximum: 1000000 }
              since:    { type: string, format: date }
              changed:  { type: string, format: date-time }
            required: [id, name, email]
      """;

  private static final String TYPES =
      """
          schema:
            properties:
              id:       { type: integer }
              name:     { type: string }
              email:    { type: string }
              phone:    { type: string }
              country:  { type: string }
              city:     { type: string }
              status:   { type: string }
              balance:  { type: number }
              since:    { type: string, format: date }
              changed:  { type: string, format: date-time }
      """;

  private static final String RULES =
      """
          rules:
            - { code: credit-limit, check: "this.balance <= 100000.0 || this.country == 'DE'" }
            - { code: gone-owes-nothing, check: "this.status != 'gone' || this.balance >= 0.0" }
            - { code: contact, check: "this.email != null || this.phone != null" }
            - { code: new-is-empty, check: "this.status != 'new' || this.balance == 0.0" }
            - { code: named, check: "this.name != this.email" }
      """;

  private CleanRun() {}

  /** Nanoseconds for a row. */
  static Map<String, Number> run(Parameters parameters) {
    long process = ProcessHandle.current().pid();
    ProcessUse before = ProcessUse.of(process);
    try {
      Collection<RunResult> results =
          new Runner(
                  new OptionsBuilder()
                      .include(CleanBenchmark.class.getName())
                      .param("asked", parameters.text("asked"))
                      .mode(Mode.AverageTime)
                      .timeUnit(java.util.concurrent.TimeUnit.NANOSECONDS)
                      // This process was started for nothing else.
                      .forks(0)
                      .warmupIterations(ITERATIONS)
                      .warmupTime(TimeValue.seconds(2))
                      .measurementIterations(ITERATIONS)
                      .measurementTime(TimeValue.seconds(2))
                      .verbosity(VerboseMode.SILENT)
                      .build())
              .run();
      ProcessUse after = ProcessUse.of(process);
      return Map.of(
          "nanos", results.iterator().next().getPrimaryResult().getScore(),
          "cpuSeconds", after.cpuSecondsSince(before),
          "peakMemoryBytes", after.peakMemoryBytes());
    } catch (RunnerException failed) {
      throw new BenchFailure("JMH cannot run", failed);
    }
  }

  static Cleaner cleaner(String asked) {
    return new Cleaner(entity(asked));
  }

  private static EntityConfig entity(String asked) {
    String parts =
        switch (asked) {
          case "all" -> SCHEMA + STEPS + RULES;
          case "schema" -> SCHEMA;
          case "steps" -> TYPES + STEPS;
          case "rules" -> TYPES + RULES;
          case "people" -> TYPES + PEOPLE;
          default -> throw new IllegalArgumentException("nothing is asked by " + asked);
        };
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new IdleConnector()), name -> null)
            .read(
                """
                systems: { a: { connector: idle }, b: { connector: idle } }
                entities:
                  customer:
                    key: id
                %ssyncs:
                  customers:
                    entity: customer
                    members:
                      - { system: a, table: customer, direction: read }
                      - { system: b, table: customer, direction: write }
                """
                    .formatted(parts),
                Path.of("."));
    if (outcome.config() == null) {
      throw new BenchFailure("the config of the bench is wrong: " + outcome.problems());
    }
    return Objects.requireNonNull(outcome.config().entities().get("customer"));
  }

  /** All of them pass; half of them are not yet in the form that the steps give. */
  static Row[] rows(String asked) {
    Schema schema = entity(asked).schema();
    Random random = new Random(7);
    Row[] rows = new Row[ROWS];
    for (int i = 0; i < ROWS; i++) {
      boolean rough = random.nextBoolean();
      rows[i] =
          new Row(
              schema,
              new Object[] {
                i + 1L,
                rough ? "  ada   lovelace " + i : "Ada Lovelace " + i,
                rough ? " ada" + i + "@example.com" : "ada" + i + "@example.com",
                rough ? "030 1234" + (1000 + i) : "+49301234" + (1000 + i),
                rough ? "de" : "DE",
                rough ? "Mu\u0308nchen" : "M\u00fcnchen",
                i % 3 == 0 ? "gone" : "active",
                BigDecimal.valueOf(random.nextInt(10_000_000), 2),
                LocalDate.of(2020, 1, 1).plusDays(i),
                Instant.parse("2026-01-31T13:45:00Z").plusSeconds(i)
              });
    }
    return rows;
  }
}
