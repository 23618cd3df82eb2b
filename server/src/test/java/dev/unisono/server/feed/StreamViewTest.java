package dev.unisono.server.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Told.Kind;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StreamViewTest {
  private static final Entity CUSTOMER = customer("country");
  private static final View GERMAN = view("record.country == 'DE'");
  private static final Row DE = row("DE", 1L);
  private static final Row FR = row("FR", 1L);
  private static final Row SOMEWHERE = row(Unchanged.UNCHANGED, 2L);

  private static Entity customer(String second) {
    return new Entity(
        1,
        "customers",
        new Schema(
            "customer",
            List.of(
                new Field("id", ValueType.STRING, true),
                new Field(second, ValueType.STRING, false),
                new Field("visits", ValueType.LONG, false)),
            List.of("id")),
        List.of(
            new EntityField("id", ValueType.STRING, true, false, "{}"),
            new EntityField(second, ValueType.STRING, false, false, "{}"),
            new EntityField("visits", ValueType.LONG, false, false, "{}")),
        Set.of("id"),
        true);
  }

  private static Row row(@Nullable Object country, @Nullable Object visits) {
    return new Row(CUSTOMER.schema(), new @Nullable Object[] {"a/b", country, visits});
  }

  private static View view(String filter) {
    return StreamView.of(EventFilter.of(CUSTOMER, filter), null, null, false);
  }

  private static Event event(Kind kind, @Nullable Row before, @Nullable Row row) {
    Told told =
        new Told(
            kind,
            row == null
                ? CUSTOMER
                : new Entity(1, "customers", row.schema(), CUSTOMER.fields(), Set.of(), true),
            kind == Kind.TRUNCATED ? null : new Key("a/b"),
            null,
            7,
            42,
            Instant.EPOCH,
            "crm",
            row,
            before);
    return new Event(42, 1, "c", kind.event(), EventJson.whole(told), told);
  }

  private static String told(View view, Kind kind, @Nullable Row before, @Nullable Row row) {
    Event event = event(kind, before, row);
    Event seen = view.of(event);
    if (seen == null) {
      return "nothing";
    }
    assertEquals(event.cursor(), seen.cursor());
    String data = new String(seen.data(), StandardCharsets.UTF_8);
    int mark = data.indexOf("\"filter\":");
    return seen.name()
        + (data.contains("\"record\":") ? " record" : "")
        + (mark < 0 ? "" : " " + data.substring(mark + 10, data.indexOf('"', mark + 10)));
  }

  @Test
  void recordsThatComeAndLeaveAreToldAsCreatedAndDeleted() {
    assertEquals("updated record", told(GERMAN, Kind.UPDATED, DE, row("DE", 2L)));
    assertEquals("created record", told(GERMAN, Kind.UPDATED, FR, DE));
    assertEquals("deleted left", told(GERMAN, Kind.UPDATED, DE, FR));
    assertEquals("nothing", told(GERMAN, Kind.UPDATED, FR, row("IT", 1L)));
    assertEquals("nothing", told(GERMAN, Kind.UPDATED, row(null, 1L), FR));
    assertEquals("created record", told(GERMAN, Kind.CREATED, null, DE));
    assertEquals("nothing", told(GERMAN, Kind.CREATED, null, FR));
    assertEquals("deleted", told(GERMAN, Kind.DELETED, DE, null));
    assertEquals("nothing", told(GERMAN, Kind.DELETED, FR, null));
    assertEquals("truncated", told(GERMAN, Kind.TRUNCATED, null, null));
  }

  @Test
  void whatIsNotKnownIsSaid() {
    // Without the row before: it may have been one of them.
    assertEquals("updated record", told(GERMAN, Kind.UPDATED, null, DE));
    assertEquals("deleted unmatched", told(GERMAN, Kind.UPDATED, null, FR));
    assertEquals("created record", told(GERMAN, Kind.READ, null, DE));
    assertEquals("deleted unmatched", told(GERMAN, Kind.READ, null, FR));
    assertEquals("deleted", told(GERMAN, Kind.DELETED, null, null));
    // Without the value that is asked for: it may be one of them.
    assertEquals("updated record unknown", told(GERMAN, Kind.UPDATED, null, SOMEWHERE));
    assertEquals("created record unknown", told(GERMAN, Kind.MOVED_HERE, null, SOMEWHERE));
    // With the row before that value is known.
    assertEquals("updated record", told(GERMAN, Kind.UPDATED, DE, SOMEWHERE));
    assertEquals("nothing", told(GERMAN, Kind.UPDATED, FR, SOMEWHERE));
  }

  @Test
  void bothHalvesOfAMovedKeyAreFiltered() {
    assertEquals("deleted", told(GERMAN, Kind.MOVED_AWAY, DE, null));
    assertEquals("nothing", told(GERMAN, Kind.MOVED_AWAY, FR, null));
    assertEquals("created record", told(GERMAN, Kind.MOVED_HERE, FR, DE));
    assertEquals("nothing", told(GERMAN, Kind.MOVED_HERE, DE, FR));
  }

  @Test
  void aConditionThatFailsDoesNotHold() {
    View many = view("record.visits > 0");
    assertEquals("nothing", told(many, Kind.CREATED, null, row("DE", null)));
    assertEquals("deleted left", told(many, Kind.UPDATED, DE, row("DE", null)));
  }

  @Test
  void aFieldThatIsGoneIsNotKnown() {
    Row later = new Row(customer("land").schema(), new @Nullable Object[] {"a/b", "DE", 1L});
    assertEquals("updated record unknown", told(GERMAN, Kind.UPDATED, null, later));
    assertEquals("updated record", told(GERMAN, Kind.UPDATED, null, DE));
  }

  private static String data(View view, Kind kind, @Nullable Row row) {
    Event seen = view.of(event(kind, null, row));
    return seen == null ? "" : new String(seen.data(), StandardCharsets.UTF_8);
  }

  @Test
  void aKeyIsAllThatIsToldWhereNoMoreIsAskedFor() {
    assertEquals(
        "{\"entity\":\"customer\",\"key\":{\"id\":\"a/b\"},\"version\":42,"
            + "\"time\":\"1970-01-01T00:00:00.000000Z\"}",
        data(StreamView.of(EventFilter.NONE, "key", null, false), Kind.UPDATED, DE));
  }

  @Test
  void cloudEventsHaveWhatTheirSpecificationAsksFor() {
    String plain =
        "{\"entity\":\"customer\",\"key\":{\"id\":\"a/b\"},\"version\":42,"
            + "\"time\":\"1970-01-01T00:00:00.000000Z\"}";
    String id = new Cursor(7, 42).text();
    assertEquals(
        "{\"specversion\":\"1.0\",\"id\":\""
            + id
            + "\",\"source\":\"/v1/changes/customers\",\"type\":\"dev.unisono.customer.updated\","
            + "\"subject\":\"a%2Fb\",\"time\":\"1970-01-01T00:00:00.000000Z\","
            + "\"datacontenttype\":\"application/json\",\"data\":"
            + plain
            + "}",
        data(StreamView.of(EventFilter.NONE, "key", "cloudevents", false), Kind.UPDATED, DE));
    String away =
        data(StreamView.of(EventFilter.NONE, null, "cloudevents", false), Kind.MOVED_AWAY, null);
    assertTrue(away.contains("\"id\":\"" + id + "-\""), away);
    String none =
        data(StreamView.of(EventFilter.NONE, null, "cloudevents", false), Kind.TRUNCATED, null);
    assertTrue(!none.contains("\"subject\""), none);
  }

  @Test
  void whoAsksTheSameSharesIt() {
    assertEquals(GERMAN, view("record.country == 'DE'"));
    assertEquals(GERMAN.hashCode(), view("record.country == 'DE'").hashCode());
    assertNotEquals(GERMAN, view("record.country == 'FR'"));
    assertNotEquals(
        GERMAN,
        StreamView.of(EventFilter.of(CUSTOMER, "record.country == 'DE'"), "key", null, false));
    assertSame(View.WHOLE, StreamView.of(EventFilter.NONE, "full", "plain", false));
    Event event = event(Kind.UPDATED, DE, DE);
    assertSame(event, GERMAN.of(event), "what is seen as it is, is not encoded again");
    assertNull(GERMAN.of(event(Kind.CREATED, null, FR)));
  }

  private static Refusal refused(
      @Nullable Entity entity, String filter, @Nullable String payload, @Nullable String format) {
    return assertThrows(
        Refusal.class, () -> StreamView.of(EventFilter.of(entity, filter), payload, format, false));
  }

  @Test
  void whatIsNoConditionIsRefusedWithItsPlace() {
    for (String wrong :
        List.of(
            "",
            "record.country",
            "record.contry == 'DE'",
            "record.country = 'DE'",
            "this.country == 'DE'",
            "[1, 2].all(x, x > 0)")) {
      Refusal refusal = refused(CUSTOMER, wrong, null, null);
      assertEquals(400, refusal.status());
      assertEquals("bad-filter", refusal.code());
      assertEquals("filter", refusal.field());
      assertTrue(refusal.detail().contains("column "), refusal.detail());
    }
    assertTrue(
        refused(CUSTOMER, "record.country = 'DE'", null, null).detail().contains("column 16"));
    assertEquals("bad-filter", refused(null, "true", null, null).code());
    assertEquals("bad-filter", refused(CUSTOMER, " ".repeat(1_001), null, null).code());
    assertEquals("payload", refused(CUSTOMER, "true", "keys", null).field());
    assertEquals("format", refused(CUSTOMER, "true", null, "json").field());
  }
}
