package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.KnownKeys.Answer;
import dev.unisono.spi.Row;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.UnisonoException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file of one binding as a source follows it: whether it has changed, which of its rows are to
 * be handed over next, and which keys that others hold are not in it. For one thread.
 */
final class FollowedFile {
  private final CsvFolder folder;
  private final Binding binding;
  private final KnownKeys known;
  private Standing standing;

  /** The file at the last look, and as it was when it was read; null before. */
  private CsvFolder.@Nullable Stamp seen;

  private CsvFolder.@Nullable Stamp taken;

  /** The rows of the content that is handed over, and all its keys; null where none was read. */
  private @Nullable List<Row> rows;

  private @Nullable Set<Key> keys;
  private int bytesOfRow;

  /** Which consumers have told all they hold, and where the others are asked next. */
  private final Set<String> asked = new HashSet<>();

  private final Map<String, String> places = new HashMap<>();

  private @Nullable String waiting;

  /** Rows that are handed over next. */
  record Portion(List<Row> rows, long sizeBytes, Instant modified) {}

  FollowedFile(CsvFolder folder, Binding binding, KnownKeys known, @Nullable String kept) {
    this.folder = folder;
    this.binding = binding;
    this.known = known;
    this.standing = Standing.of(kept, known.deletesExtra(binding), known.sequence());
  }

  Binding binding() {
    return binding;
  }

  Standing standing() {
    return standing;
  }

  void pause(boolean now) {
    standing = standing.paused(now);
  }

  /** Begins anew, unless it is about to be read for the first time. */
  void repeat() {
    if (!standing.untouched()) {
      again(standing.repeated(known.sequence()));
    }
  }

  void refresh() {
    if (standing.finished()) {
      again(standing.refreshed());
    }
  }

  private void again(Standing next) {
    standing = next;
    taken = null;
    rows = null;
  }

  /**
   * Looks whether the file has changed, and reads it where it has and is at rest: the same at two
   * looks and while it was read, and with a line end behind its last line. Else it is half written,
   * and rows that are still to come would be taken for deleted.
   */
  void look() {
    CsvFolder.Stamp now =
        folder.stamp(binding).orElseThrow(() -> new UnisonoException(folder.noFile(binding)));
    boolean rests = now.equals(seen);
    seen = now;
    if (now.equals(taken)) {
      return;
    }
    if (!rests) {
      waiting = "the file to stay as it is";
      return;
    }
    byte[] file = folder.read(binding);
    if (!Optional.of(now).equals(folder.stamp(binding))) {
      return;
    }
    taken = now;
    if (file.length == 0 || file[file.length - 1] != '\n') {
      waiting = "a line end behind the file's last line";
      return;
    }
    waiting = null;
    take(file, content(file));
  }

  private void take(byte[] file, String content) {
    boolean same = content.equals(standing.content());
    if (same && standing.finished()) {
      return;
    }
    CsvContent found = CsvContent.parse(binding, file);
    if (!same) {
      standing = standing.changed(content);
    }
    List<Row> all = found.rows();
    rows = standing.whole() ? null : all;
    keys = found.keys();
    bytesOfRow = 2 * file.length / Math.max(1, all.size()) + 100;
    asked.clear();
    places.clear();
  }

  /** Tells contents apart; a sync that has another field reads the same file as another one. */
  private String content(byte[] file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String shape = binding.schema() + " " + binding.columns();
      digest.update(shape.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(file));
    } catch (NoSuchAlgorithmException none) {
      throw new IllegalStateException(none); // Every JDK has it.
    }
  }

  /** The next rows to be handed over; null where there are none. */
  @Nullable Portion next(int limit) {
    List<Row> all = rows;
    if (all == null) {
      return null;
    }
    int from = standing.handed();
    List<Row> page = all.subList(from, Math.min(all.size(), from + limit));
    return new Portion(page, (long) bytesOfRow * page.size(), modified());
  }

  /** When the content that was read was written. */
  Instant modified() {
    return Objects.requireNonNull(taken).modified().toInstant();
  }

  /** These are in the next batch. */
  void handed(Portion portion) {
    int all = Objects.requireNonNull(rows).size();
    boolean last = standing.handed() + portion.rows().size() == all;
    standing = standing.handed(portion.rows().size(), last);
    if (last) {
      rows = null;
    }
  }

  /**
   * Asks a consumer for keys, once all rows are handed over: those that are not in the file; null
   * where there was nobody to ask, or nothing to be asked for.
   */
  @Nullable List<Key> compare(int limit) throws InterruptedException {
    Set<Key> there = keys;
    if (!standing.whole() || standing.finished() || there == null) {
      return null;
    }
    Set<String> consumers = new LinkedHashSet<>();
    if (standing.sweeping()) {
      consumers.addAll(known.told(binding));
    }
    // What we told is deleted where it is gone; what else is held, only where that was ordered.
    Set<String> ours = Set.copyOf(consumers);
    if (standing.comparing()) {
      consumers.addAll(known.consumers(binding));
    }
    for (String consumer : consumers) {
      if (asked.contains(consumer)) {
        continue;
      }
      switch (known.next(binding, consumer, places.get(consumer), limit)) {
        case Answer.Later later -> {
          waiting = later.why();
          note(consumer, later.place());
        }
        case Answer.Portion portion -> {
          waiting = null;
          note(consumer, portion.place());
          if (portion.place() == null) {
            asked.add(consumer);
          }
          List<Key> gone = portion.keys().stream().filter(key -> !there.contains(key)).toList();
          standing = standing.compared(portion.keys().size(), gone.size());
          return ours.contains(consumer) || standing.snapshot().deleting() ? gone : List.of();
        }
      }
    }
    if (asked.containsAll(consumers)) {
      standing = standing.swept();
      keys = null;
      return List.of();
    }
    return null;
  }

  private void note(String consumer, @Nullable String place) {
    if (place == null) {
      places.remove(consumer);
    } else {
      places.put(consumer, place);
    }
  }

  TableProgress progress() {
    Standing.Snapshot snapshot = standing.snapshot();
    List<Row> all = rows;
    return new TableProgress(
        binding.sync(),
        binding.table(),
        phase(),
        snapshot.cause(),
        snapshot.began(),
        snapshot.number(),
        standing.handed(),
        all == null ? -1 : all.size(),
        0,
        snapshot.checked(),
        snapshot.missing(),
        waiting,
        standing.whole());
  }

  private TablePhase phase() {
    if (standing.finished()) {
      return TablePhase.DONE;
    }
    if (standing.paused()) {
      return TablePhase.PAUSED;
    }
    if (standing.whole()) {
      return TablePhase.SWEEPING;
    }
    return rows == null ? TablePhase.WAITING : TablePhase.READING;
  }
}
