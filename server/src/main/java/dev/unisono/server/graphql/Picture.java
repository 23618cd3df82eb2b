package dev.unisono.server.graphql;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.hub.Event;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Conflation;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.Told;
import dev.unisono.server.http.Answers;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import graphql.normalized.ExecutableNormalizedField;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription gets to see of events: those that its filter lets through, and of them what
 * it selects, as the execution of its document would give it. A pure function of the event, so that
 * it runs where events are sent, and equal to that of whoever selects the same. Immutable; safe for
 * threads.
 *
 * @param root the field that follows, under the name that the answer has it
 * @param conflate whether one that is behind gets one event for several of a record
 */
record Picture(Pick root, EventFilter filter, boolean conflate) implements View {
  /** The name that server-sent events have for what is told. */
  static final String NEXT = "next";

  /**
   * One selected field.
   *
   * @param name as the answer has it
   * @param field the entity's name of it within records and keys, else that of an event's field
   * @param type of what it is selected of
   */
  record Pick(String name, String field, String type, List<Pick> picks) {}

  /**
   * Of a field that follows, as the document has it.
   *
   * @param shown whose changes it follows; null for all
   */
  static Picture of(
      @Nullable Shown shown,
      ExecutableNormalizedField field,
      EventFilter filter,
      boolean conflate) {
    return new Picture(pick(shown, field, 0), filter, conflate);
  }

  @Override
  public List<Event> behind(List<Event> events) {
    return conflate ? Conflation.of(events) : events;
  }

  @Override
  public boolean conflates() {
    return conflate;
  }

  private static Pick pick(@Nullable Shown shown, ExecutableNormalizedField field, int depth) {
    List<Pick> picks = new ArrayList<>();
    for (ExecutableNormalizedField child : field.getChildren()) {
      picks.add(pick(shown, child, depth + 1));
    }
    boolean ofRecord = depth == 2 && shown != null && !field.getName().startsWith("__");
    return new Pick(
        field.getResultKey(),
        ofRecord ? Objects.requireNonNull(shown).fieldOf(field.getName()) : field.getName(),
        field.getSingleObjectTypeName(),
        List.copyOf(picks));
  }

  @Override
  public @Nullable Event of(Event event) {
    if (!(event.subject() instanceof Told told)) {
      throw new IllegalStateException("an event that tells of nothing");
    }
    EventFilter.Seen seen = filter.of(event, told);
    return seen == null
        ? null
        : event.seenAs(
            NEXT,
            Answers.bytes(json -> {
              json.writeStartObject();
              json.writeObjectFieldStart("data");
              json.writeObjectFieldStart(root.name());
              for (Pick pick : root.picks()) {
                json.writeFieldName(pick.name());
                write(json, pick, event, seen);
              }
              json.writeEndObject();
              json.writeEndObject();
              json.writeEndObject();
            }));
  }

  private static void write(JsonGenerator json, Pick pick, Event event, EventFilter.Seen seen)
      throws IOException {
    Told told = seen.told();
    boolean gone = seen.name().equals(Told.Kind.DELETED.event());
    Row now = gone ? null : told.now();
    switch (pick.field()) {
      case "__typename" -> json.writeString(pick.type());
      case "entity" -> json.writeString(told.entity().name());
      case "event" -> json.writeString(seen.name());
      case "cursor" -> json.writeString(event.cursor());
      case "version" -> Values.write(json, Values.number(told.version()));
      case "time" -> json.writeString(EntityJson.time(told.time()));
      case "origin" -> json.writeString(told.origin());
      case "filter" -> json.writeString(seen.mark());
      case "changed" -> {
        boolean known = seen.name().equals(Told.Kind.UPDATED.event()) && told.before() != null;
        Values.write(json, known ? told.changed() : null);
      }
      case "unchanged" -> Values.write(json, now == null ? null : unchanged(now));
      case "key" -> key(json, pick, told.entity(), told.key());
      case "previousKey" -> key(json, pick, told.entity(), told.previousKey());
      case "record" -> record(json, pick, told.entity(), now);
      default -> throw new IllegalStateException("events have no " + pick.field());
    }
  }

  private static List<String> unchanged(Row row) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < row.schema().size(); i++) {
      if (row.value(i) == Unchanged.UNCHANGED) {
        names.add(row.schema().field(i).name());
      }
    }
    return names;
  }

  private static void key(JsonGenerator json, Pick pick, Entity entity, @Nullable Key key)
      throws IOException {
    if (key == null) {
      json.writeNull();
    } else if (pick.picks().isEmpty()) {
      EntityJson.writeKey(json, entity, key);
    } else {
      json.writeStartObject();
      for (Pick part : pick.picks()) {
        json.writeFieldName(part.name());
        keyPart(json, part, entity, key);
      }
      json.writeEndObject();
    }
  }

  private static void keyPart(JsonGenerator json, Pick pick, Entity entity, Key key)
      throws IOException {
    if (pick.field().equals("__typename")) {
      json.writeString(pick.type());
      return;
    }
    for (int part = 0; part < key.size(); part++) {
      EntityField field = entity.fields().get(entity.schema().keyPosition(part));
      if (field.name().equals(pick.field())) {
        EntityJson.writeValue(json, field, key.part(part));
        return;
      }
    }
    json.writeNull();
  }

  private static void record(JsonGenerator json, Pick pick, Entity entity, @Nullable Row row)
      throws IOException {
    if (row == null) {
      json.writeNull();
    } else if (pick.picks().isEmpty()) {
      EntityJson.writeRow(json, entity, row);
    } else {
      json.writeStartObject();
      for (Pick part : pick.picks()) {
        json.writeFieldName(part.name());
        Integer position = row.schema().find(part.field());
        if (part.field().equals("__typename")) {
          json.writeString(part.type());
        } else if (position == null || row.value(position) == Unchanged.UNCHANGED) {
          // Named by "unchanged", where it is no field that came or went since.
          json.writeNull();
        } else {
          EntityJson.writeValue(json, entity.fields().get(position), row.value(position));
        }
      }
      json.writeEndObject();
    }
  }
}
