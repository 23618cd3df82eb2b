package dev.unisono.server.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.EntityRights;
import dev.unisono.engine.access.Grant;
import dev.unisono.engine.access.Mask;
import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.access.Role;
import dev.unisono.engine.access.SourceLine;
import dev.unisono.engine.access.Subject;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.server.feed.Told.Kind;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a caller who is shown German customers without their visits is told of events. */
final class EventRightsTest {
  private static final Schema SCHEMA =
      new Schema(
          "customer",
          List.of(
              new Field("id", ValueType.STRING, true),
              new Field("country", ValueType.STRING, false),
              new Field("visits", ValueType.LONG, false)),
          List.of("id"));

  private static final Entity CUSTOMER =
      new Entity(
          1,
          "customers",
          SCHEMA,
          SCHEMA.fields().stream()
              .map(each -> new EntityField(each.name(), each.type(), false, false, "{}"))
              .toList(),
          Set.of("id"),
          true);

  private static final Row GERMAN = row("DE", 1L);
  private static final Row FRENCH = row("FR", 1L);

  private static Row row(@Nullable Object country, @Nullable Object visits) {
    return new Row(SCHEMA, new @Nullable Object[] {"a", country, visits});
  }

  private static EntityRights rights(String country) {
    Grant grant =
        new Grant(
            Set.of("customer"),
            Set.of(Action.FOLLOW),
            null,
            Map.of("visits", Mask.HIDDEN),
            null,
            "record.country == caller.claims.country",
            "some",
            new SourceLine("a.yaml", 1));
    Role role = new Role("some", "", List.of(grant), Set.of(), new SourceLine("a.yaml", 1));
    return new AccessPolicy(List.of(role), List.of())
        .rights(
            new Subject("somebody", new TreeSet<>(Set.of("some")), Map.of("country", country)),
            null,
            new MaskKey(new byte[32]))
        .of(CUSTOMER);
  }

  private static EventRights german() {
    return new EventRights(Map.of("customer", rights("DE")));
  }

  private static Told told(Kind kind, @Nullable Row row, @Nullable Row before) {
    return new Told(
        kind,
        CUSTOMER,
        new Key("a"),
        kind == Kind.MOVED_HERE ? new Key("b") : null,
        1,
        2,
        Instant.EPOCH,
        "crm",
        row,
        before);
  }

  private static @Nullable Told seen(Kind kind, @Nullable Row row, @Nullable Row before) {
    return german().of(told(kind, row, before));
  }

  private static void shown(Kind as, @Nullable Told seen) {
    assertNotNull(seen);
    assertEquals(as, seen.kind());
    for (Row row : new @Nullable Row[] {seen.row(), seen.before()}) {
      if (row != null) {
        assertEquals("DE", row.value("country"));
        assertEquals(Unchanged.UNCHANGED, row.value("visits"));
      }
    }
  }

  @Test
  void whatStaysIsToldWithoutWhatIsHidden() {
    shown(Kind.CREATED, seen(Kind.CREATED, GERMAN, null));
    shown(Kind.UPDATED, seen(Kind.UPDATED, row("DE", 2L), GERMAN));
    shown(Kind.UPDATED, seen(Kind.UPDATED, GERMAN, null));
    shown(Kind.DELETED, seen(Kind.DELETED, null, GERMAN));
    Told changed = seen(Kind.UPDATED, row("DE", 2L), GERMAN);
    assertNotNull(changed);
    assertEquals(List.of(), changed.changed());
  }

  @Test
  void whatComesIsCreatedAndWhatGoesIsDeleted() {
    shown(Kind.CREATED, seen(Kind.UPDATED, GERMAN, FRENCH));
    Told gone = seen(Kind.UPDATED, FRENCH, GERMAN);
    shown(Kind.DELETED, gone);
    assertNotNull(gone);
    assertNull(gone.row());
    // What it did not send stands in what was there before.
    shown(Kind.CREATED, seen(Kind.UPDATED, row("DE", Unchanged.UNCHANGED), row("FR", 7L)));
  }

  @Test
  void whatIsOthersIsNotTold() {
    assertNull(seen(Kind.CREATED, FRENCH, null));
    assertNull(seen(Kind.UPDATED, FRENCH, FRENCH));
    assertNull(seen(Kind.UPDATED, FRENCH, null));
    assertNull(seen(Kind.DELETED, null, FRENCH));
    assertNull(seen(Kind.MOVED_AWAY, null, FRENCH));
    // Of an entity that it may not follow at all.
    assertNull(new EventRights(Map.of()).of(told(Kind.CREATED, GERMAN, null)));
  }

  @Test
  void aDoubtIsNotTold() {
    assertNull(seen(Kind.DELETED, null, null));
    assertNull(seen(Kind.UPDATED, row(Unchanged.UNCHANGED, 2L), null));
    assertNull(seen(Kind.UPDATED, row(null, 2L), null));
  }

  @Test
  void whereARecordCameFromIsToldToWhoWasShownIt() {
    Told here = seen(Kind.MOVED_HERE, GERMAN, GERMAN);
    assertNotNull(here);
    assertEquals(new Key("b"), here.previousKey());
    Told fromOthers = seen(Kind.MOVED_HERE, GERMAN, FRENCH);
    assertNotNull(fromOthers);
    assertNull(fromOthers.previousKey());
    Told unknown = seen(Kind.MOVED_HERE, GERMAN, null);
    assertNotNull(unknown);
    assertNull(unknown.previousKey());
  }

  @Test
  void whoSeesAlikeSharesWhatIsMade() {
    assertEquals(german(), german());
    assertEquals(german().hashCode(), german().hashCode());
    assertNotEquals(german(), new EventRights(Map.of("customer", rights("FR"))));
    Told told = told(Kind.UPDATED, FRENCH, GERMAN);
    assertSame(told, EventRights.WHOLE.of(told));
  }
}
