package dev.unisono.bench;

import dev.unisono.engine.Engine;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The whole engine, with its state on disk, between three members in memory that all write the same
 * records. For one thread.
 */
final class MergeEngine {
  static final int MEMBERS = 3;
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final String CONFIG =
      """
      systems: { a: { connector: memory }, b: { connector: memory }, c: { connector: memory } }
      entities:
        item:
          plural: items
          key: id
          serve: false
          schema:
            properties:
              id:     { type: integer }
              name:   { type: string, maxLength: 200 }
              city:   { type: string }
              amount: { type: integer }
              note:   { type: string }
            required: [id]
      syncs:
        items:
          entity: item
          first-load: live
          members:
            - { system: a, table: item, direction: both }
            - { system: b, table: item, direction: both }
            - { system: c, table: item, direction: both }
      """;

  private final Path folder;
  private final int records;
  private final int edits;
  private final InstantSource clock;
  private final List<MemoryMember> members = new ArrayList<>();

  MergeEngine(Parameters parameters, InstantSource clock) {
    this.folder = Path.of(parameters.text("folder"));
    this.records = (int) parameters.number("records");
    this.edits = (int) parameters.number("changes");
    this.clock = clock;
  }

  /** Members in memory, by the name of their system. */
  private final class Memory implements Connector {
    @Override
    public String kind() {
      return "memory";
    }

    @Override
    public String description() {
      return "Members in memory.";
    }

    @Override
    public List<Option> options() {
      return List.of();
    }

    @Override
    public List<Problem> validate(Settings settings) {
      return List.of();
    }

    @Override
    public ConnectedSystem connect(SystemContext context) {
      MemoryMember member =
          new MemoryMember(context, NAMES.indexOf(context.name()), MEMBERS, records, clock);
      members.add(member);
      return member;
    }
  }

  Map<String, Number> run() throws SQLException, InterruptedException {
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new Memory()), name -> null).read(CONFIG, folder);
    Config config = outcome.config();
    if (config == null) {
      throw new BenchFailure("the config of the bench is wrong: " + outcome.problems());
    }
    try (Engine engine = new Engine(config, clock, () -> {})) {
      engine.start();
      members.forEach(member -> member.edit(records / MEMBERS));
      Deadline.in(LIMIT)
          .await(
              "all members have all records",
              5,
              () -> members.stream().allMatch(member -> member.size() == records));
      // Warm by now; each edit is one entry of the journal, since nobody crosses another.
      long head = engine.journal().head().sequence();
      long written = written();
      ProcessUse before = ProcessUse.of(ProcessHandle.current().pid());
      long startNanos = System.nanoTime();
      members.forEach(member -> member.edit(edits / MEMBERS));
      long last = head + (edits / MEMBERS) * (long) MEMBERS;
      Deadline.in(LIMIT)
          .await("all edits are merged", 1, () -> engine.journal().head().sequence() >= last);
      double seconds = (System.nanoTime() - startNanos) / 1e9;
      ProcessUse after = ProcessUse.of(ProcessHandle.current().pid());
      return Map.of(
          "rate",
          (last - head) / seconds,
          "written",
          (written() - written) / seconds,
          "cpuSeconds",
          after.cpuSecondsSince(before),
          "peakMemoryBytes",
          after.peakMemoryBytes());
    }
  }

  private long written() {
    return members.stream().mapToLong(MemoryMember::written).sum();
  }
}
