package dev.unisono.systemtests;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a live client makes of the events it receives: all records, and the cursor to resume from.
 * Notes what must not be: a cursor seen twice, a gap, an event it cannot apply. Safe for threads.
 */
final class RecordPicture {
  private final Map<String, Map<Long, ObjectNode>> records = new HashMap<>();
  private final Map<String, String> cursorByEntity = new HashMap<>();
  private final Set<String> cursors = new HashSet<>();
  private final List<String> complaints = new ArrayList<>();

  /** Records as they were removed: one that moves to another key goes on from there. */
  private final Map<String, Map<Long, ObjectNode>> removed = new HashMap<>();

  /** The last version of each record, also where that was its end. */
  private final Map<String, Map<Long, Long>> versions = new HashMap<>();

  private @Nullable String cursor;
  private long events;

  synchronized void apply(StreamEvent event) {
    noteCursor(event);
    events++;
    Map<Long, ObjectNode> ofEntity =
        records.computeIfAbsent(event.entity(), entity -> new TreeMap<>());
    switch (event.kind()) {
      case "created", "updated" -> {
        if (newer(event)) {
          put(ofEntity, event);
        }
      }
      case "deleted" -> {
        if (newer(event)) {
          remove(ofEntity, event);
        }
      }
      case "truncated" -> truncate(ofEntity, event);
      default -> complain("an unexpected event: " + event);
    }
    if (event.cursor() != null) {
      cursor = event.cursor();
      cursorByEntity.put(event.entity(), event.cursor());
    }
  }

  /**
   * A snapshot may show more than what is replayed after it: what a record was before that is
   * nothing to take up, least of all another record that had its key then.
   */
  private boolean newer(StreamEvent event) {
    Map<Long, Long> known = versions.computeIfAbsent(event.entity(), _ -> new HashMap<>());
    if (known.getOrDefault(event.key(), 0L) >= event.version()) {
      return false;
    }
    known.put(event.key(), event.version());
    return true;
  }

  private void truncate(Map<Long, ObjectNode> ofEntity, StreamEvent event) {
    Map<Long, Long> known = versions.getOrDefault(event.entity(), Map.of());
    ofEntity.keySet().removeIf(key -> known.getOrDefault(key, 0L) < event.version());
  }

  /** The connection may be cut between the two events of a move: then the first comes again. */
  private void remove(Map<Long, ObjectNode> ofEntity, StreamEvent event) {
    ObjectNode known = ofEntity.remove(event.key());
    if (known != null) {
      removed.computeIfAbsent(event.entity(), entity -> new HashMap<>()).put(event.key(), known);
    }
  }

  /**
   * A field that the source did not send since it did not change is absent: what was known of the
   * record stays, under its key of before where that has moved.
   */
  private void put(Map<Long, ObjectNode> ofEntity, StreamEvent event) {
    Long previousKey = event.previousKey();
    ObjectNode known =
        previousKey == null
            ? null
            : removed.getOrDefault(event.entity(), Map.of()).get(previousKey);
    if (known == null) {
      // A snapshot may show a record under its new key already, before the move is replayed.
      known = ofEntity.get(event.key());
    }
    ObjectNode record = ExactJson.object();
    if (known != null) {
      record.setAll(known);
    }
    record.setAll(event.record());
    ofEntity.put(event.key(), record);
  }

  private void noteCursor(StreamEvent event) {
    if (event.cursor() != null && !cursors.add(event.cursor())) {
      complain("a cursor was seen twice: " + event);
    }
  }

  synchronized void complain(String what) {
    if (complaints.size() < 20) {
      complaints.add(what);
    }
  }

  /** The records of an entity by their ids. */
  synchronized Map<Long, ObjectNode> records(String entity) {
    return Map.copyOf(records.getOrDefault(entity, Map.of()));
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }

  /** Everything of an entity up to a cursor has come, so that it may be resumed from there. */
  synchronized void reached(String entity, String through) {
    cursorByEntity.put(entity, through);
  }

  /** The last cursor of any entity; null before the first. */
  synchronized @Nullable String cursor() {
    return cursor;
  }

  /** The last cursor of one entity; null before the first. */
  synchronized @Nullable String cursor(String entity) {
    return cursorByEntity.get(entity);
  }

  /** Forgets everything: a snapshot that was cut off begins anew. */
  synchronized void clear() {
    records.clear();
    removed.clear();
    versions.clear();
  }

  /** The same for one entity. */
  synchronized void clear(String entity) {
    records.remove(entity);
    removed.remove(entity);
    versions.remove(entity);
  }

  synchronized long events() {
    return events;
  }

  synchronized Rows rows(String where, MirroredEntity entity) {
    return entity.shown(where, records.getOrDefault(entity.entity(), Map.of()));
  }
}
