package dev.unisono.engine.merge;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.merge.FirstLoadReport.Difference;
import dev.unisono.engine.merge.FirstLoadReport.Kind;
import dev.unisono.engine.merge.FirstLoadReport.SyncReport;
import dev.unisono.engine.merge.FuzzySearch.Candidate;
import dev.unisono.engine.merge.MergeTable.Place;
import dev.unisono.engine.merge.RecordLinks.AmbiguousMatch;
import dev.unisono.engine.merge.RecordLinks.Equal;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the first load of one sync would do: reads what its members hold, merges it by the
 * same rules as an engine, in a database of its own, and looks what each would have to be told.
 * Changes nothing anywhere. For one thread.
 */
public final class FirstLoad {
  private static final int PORTION = 1_000;

  /** Hears how far it is. */
  public interface Progress {
    void read(String system, String sync, long rows);
  }

  private final SyncConfig sync;
  private final Entity entity;
  private final Cleaner cleaner;
  private final MergePlan plan;
  private final Merger merger;
  private final Connection scratch;
  private final MergeTable table = new MergeTable();
  private final MergeCodec codec;
  private final RecordLinks links;
  private long number;
  private final List<MemberCount> counts = new ArrayList<>();

  private FirstLoad(SyncConfig sync, EntityConfig config, Connection scratch) throws SQLException {
    this.sync = sync;
    this.entity =
        new Entity(
            1,
            config.plural(),
            config.schema(),
            config.fields(),
            config.indexed(),
            config.served());
    this.cleaner = new Cleaner(config);
    this.plan = MergePlans.ofAll(sync, entity, config);
    this.merger = new Merger(plan);
    this.scratch = scratch;
    Map<Integer, Integer> same = new HashMap<>();
    int[] numbers = new int[plan.members().size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
      same.put(i, i);
    }
    this.codec = new MergeCodec(plan, Shapes.open(scratch, List.of(entity)), numbers, same);
    this.links = new RecordLinks(plan, numbers);
    for (int i = 0; i < numbers.length; i++) {
      counts.add(new MemberCount(configured(plan.members().get(i))));
    }
  }

  /**
   * What the first load of all syncs would do.
   *
   * @param systems gives a system by its name
   * @throws UnisonoException where a system cannot be asked
   */
  public static FirstLoadReport of(
      Config config, Function<String, ConnectedSystem> systems, Progress progress) {
    List<SyncReport> reports = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      EntityConfig entity = Objects.requireNonNull(config.entities().get(sync.entity()));
      reports.add(ofOne(sync, entity, systems, progress));
    }
    return new FirstLoadReport(List.copyOf(reports));
  }

  private static SyncReport ofOne(
      SyncConfig sync,
      EntityConfig entity,
      Function<String, ConnectedSystem> systems,
      Progress progress) {
    Path file = null;
    try {
      file = Files.createTempFile("unisono-plan", ".db");
      try (Connection scratch = DriverManager.getConnection("jdbc:sqlite:" + file)) {
        try (Statement statement = scratch.createStatement()) {
          statement.execute("PRAGMA journal_mode = OFF");
          statement.execute("PRAGMA synchronous = OFF");
        }
        StateFolder.createTables(scratch);
        scratch.setAutoCommit(false);
        FirstLoad load = new FirstLoad(sync, entity, scratch);
        for (MergeMember member : load.plan.members()) {
          load.collect(member, systems.apply(member.system()), progress);
        }
        return load.judge();
      }
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      delete(file);
    }
  }

  private static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException left) {
      // It lies where such files are swept away.
    }
  }

  private MemberConfig configured(MergeMember member) {
    return sync.members().stream()
        .filter(each -> each.system().equals(member.system()))
        .findFirst()
        .orElseThrow();
  }

  private void collect(MergeMember member, ConnectedSystem system, Progress progress)
      throws SQLException {
    MemberCount count = counts.get(member.number());
    member.learn(system);
    try (RowReader reader = system.rows(member.binding())) {
      while (true) {
        List<Row> rows = reader.next(PORTION);
        if (rows.isEmpty()) {
          return;
        }
        for (Row row : rows) {
          take(member, count, row);
        }
        scratch.commit();
        progress.read(member.system(), sync.name(), count.rows());
      }
    }
  }

  private void take(MergeMember member, MemberCount count, Row row) throws SQLException {
    count.row();
    if (!hasKey(row)) {
      count.add(Kind.REJECTED, null, List.of(), "Its key is none of the field's type.");
      return;
    }
    Key key = entity.schema().key(row);
    Row clean = member.clean().apply(row);
    if (count.member().reads()) {
      List<Finding> findings = cleaner.validate(clean);
      if (!findings.isEmpty()) {
        count.add(
            Kind.REJECTED,
            key,
            List.of(),
            findings.stream().map(Finding::message).collect(Collectors.joining(" ")));
        return;
      }
    }
    Long linked = null;
    if (plan.ownKeys()) {
      try {
        linked = matched(member, count, key, clean);
      } catch (AmbiguousMatch ambiguous) {
        count.add(Kind.REJECTED, key, List.of(), ambiguous.problem(member, key).message());
        return;
      }
    }
    MergedRecord record =
        read(linked == null ? StoredKey.write(entity, key) : StoredKey.write(linked));
    Row before = record.image();
    if (count.member().reads()) {
      merger.show(record, member, row, clean, Merger.NO_TIME, 0);
    } else {
      record.members[member.number()].shadow = row;
    }
    if (linked != null) {
      links.index.moved(scratch, linked, before, record.image());
    }
    byte[] stored = linked == null ? StoredKey.write(entity, key) : StoredKey.write(linked);
    table.write(scratch, entity.id(), stored, 0, codec.write(record));
  }

  private boolean hasKey(Row row) {
    for (int part = 0; part < entity.schema().keySize(); part++) {
      Object value = row.value(entity.schema().keyPosition(part));
      if (value == null || value == Unchanged.UNCHANGED || value instanceof Unfit) {
        return false;
      }
    }
    return true;
  }

  /** The record of a row by the rules; a new one where it is none's, or a person is asked. */
  private long matched(MergeMember member, MemberCount count, Key key, Row clean)
      throws SQLException, AmbiguousMatch {
    Equal equal = links.match(scratch, clean, each -> lacks(member, each));
    if (equal != null) {
      return equal.record();
    }
    List<Candidate> like =
        links.search.find(scratch, member, key, clean, each -> read(StoredKey.write(each)));
    if (like.stream().filter(Candidate::sure).count() == 1) {
      return like.getFirst().record();
    }
    long made = ++number;
    for (Candidate each : like) {
      links.pairs.open(scratch, made, each.record(), each.score(), false, Instant.EPOCH);
    }
    if (!like.isEmpty()) {
      count.add(Kind.REVIEW, key, List.of(), like(like.getFirst()));
    }
    return made;
  }

  private String like(Candidate candidate) throws SQLException {
    MergedRecord record = read(StoredKey.write(candidate.record()));
    for (MergeMember member : plan.members()) {
      Key key = record.keyIn(member);
      if (key != null) {
        return "It may be " + member.system() + " " + key + ": " + candidate.score().total() + ".";
      }
    }
    throw new IllegalStateException("a record without a row");
  }

  private boolean lacks(MergeMember member, long record) throws SQLException {
    return read(StoredKey.write(record)).members[member.number()].shadow == null;
  }

  private MergedRecord read(byte[] stored) throws SQLException {
    byte[] known = table.find(scratch, entity.id(), stored);
    Key key = StoredKey.read(stored);
    return known == null
        ? new MergedRecord(entity.schema(), key, plan.members().size(), plan.ownKeys())
        : codec.read(key, known);
  }

  private SyncReport judge() throws SQLException {
    long records = 0;
    Place place = Place.BEGINNING;
    while (true) {
      List<Place> places = MergeTable.all(scratch, entity.id(), place, PORTION);
      if (places.isEmpty()) {
        return new SyncReport(
            sync.name(), entity, records, counts.stream().map(MemberCount::report).toList());
      }
      for (Place each : places) {
        MergedRecord record = read(each.key());
        records += record.exists ? 1 : 0;
        judge(record);
      }
      place = places.getLast();
    }
  }

  private void judge(MergedRecord record) throws SQLException {
    long holding = 0;
    for (MemberView view : record.members) {
      holding += view.shadow == null ? 0 : 1;
    }
    boolean asked =
        !plan.fuzzy().isEmpty()
            && !links.pairs.open(scratch, (Long) record.key().part(0)).isEmpty();
    for (MergeMember member : plan.members()) {
      MemberCount count = counts.get(member.number());
      Row shadow = record.members[member.number()].shadow;
      Key key = record.keyIn(member);
      if (shadow != null && holding > 1) {
        count.add(Kind.LINKED, key, List.of(), null);
      }
      if (shadow == null && asked) {
        continue;
      }
      MemberWrite write = merger.tell(record, member, 1);
      if (write == null) {
        if (shadow != null) {
          count.add(extra(record), key, List.of(), null);
        }
        continue;
      }
      List<Difference> differences = differences(record, member, write);
      if (shadow == null) {
        count.add(Kind.CREATED, key, differences, null);
        continue;
      }
      count.add(Kind.CHANGED, key, differences, null);
      if (differences.stream().anyMatch(each -> each.there() != null)) {
        count.add(Kind.CONFLICT, key, differences, null);
      }
    }
  }

  private Kind extra(MergedRecord record) {
    return record.existence != null
        ? Kind.SAME
        : sync.firstLoad() == Config.FirstLoad.DELETE_EXTRA ? Kind.DELETED : Kind.EXTRA;
  }

  private List<Difference> differences(MergedRecord record, MergeMember member, MemberWrite write) {
    List<Difference> differences = new ArrayList<>();
    Row values = Objects.requireNonNull(write.values());
    Row shadow = record.members[member.number()].shadow;
    for (int field = 0; field < entity.schema().size(); field++) {
      Object value = values.value(field);
      if (value == Unchanged.UNCHANGED || entity.schema().isKey(field)) {
        continue;
      }
      Stamp stamp = record.stamps[field];
      MergeMember from = stamp == null ? null : plan.ranked(stamp.rank());
      differences.add(
          new Difference(
              entity.fields().get(field),
              shadow == null ? null : shadow.value(field),
              value,
              from == null ? null : from.system()));
    }
    return differences;
  }
}
