package dev.unisono.engine.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RightsTest {
  private static final MaskKey SECRET = new MaskKey(new byte[32]);
  private static final Set<Action> READ = EnumSet.of(Action.LIST, Action.GET, Action.FOLLOW);
  private static final Set<Action> WRITE =
      EnumSet.of(Action.CREATE, Action.REPLACE, Action.CHANGE, Action.DELETE);
  private static final SourceLine WHERE = new SourceLine("access.yaml", 7);

  private static final Schema SCHEMA =
      new Schema(
          "customer",
          List.of(
              new Field("id", ValueType.LONG, false),
              new Field("name", ValueType.STRING, false),
              new Field("country", ValueType.STRING, false),
              new Field("level", ValueType.LONG, false)),
          List.of("id"));

  private static final Entity CUSTOMER =
      new Entity(
          1,
          "customers",
          SCHEMA,
          SCHEMA.fields().stream()
              .map(field -> new EntityField(field.name(), field.type(), false, false, "{}"))
              .toList(),
          Set.of("id", "name", "country"),
          true);

  private static Row row(@Nullable Object... values) {
    return new Row(SCHEMA, values);
  }

  private static Grant grant(Set<Action> actions, @Nullable String rows, Map<String, Mask> masks) {
    return new Grant(null, actions, null, masks, null, rows, "some", WHERE);
  }

  private static EntityRights of(List<Grant> grants, List<Rule> rules, Subject subject) {
    return new AccessPolicy(List.of(new Role("some", "", grants, Set.of(), WHERE)), rules)
        .rights(subject, null, SECRET)
        .of(CUSTOMER);
  }

  private static Subject somebody(Map<String, String> claims) {
    return new Subject("somebody", new TreeSet<>(Set.of("some")), claims);
  }

  private static Subject holder(String role) {
    return new Subject("somebody", new TreeSet<>(Set.of(role)), Map.of());
  }

  @Test
  void whoHoldsNothingMayNothing() {
    Rights rights =
        AccessPolicy.NONE.rights(new Subject("somebody", new TreeSet<>(), Map.of()), null, SECRET);
    for (Action action : Action.values()) {
      assertFalse(rights.of(CUSTOMER).may(action).allowed());
      assertNull(rights.of(CUSTOMER).seen(action, row(1L, "a", "DE", 1L)));
    }
    for (AdminArea area : AdminArea.values()) {
      assertFalse(rights.may(area, false).allowed());
      assertFalse(rights.may(area, true).allowed());
    }
  }

  @Test
  void aRoleThatNoConfigKnowsIsNone() {
    assertFalse(
        AccessPolicy.NONE
            .rights(holder("gone"), null, SECRET)
            .of(CUSTOMER)
            .may(Action.GET)
            .allowed());
  }

  @Test
  void theBuiltInRolesAreWhatTheySay() {
    Rights admin = AccessPolicy.NONE.rights(holder("admin"), null, SECRET);
    Rights operator = AccessPolicy.NONE.rights(holder("operator"), null, SECRET);
    Rights viewer = AccessPolicy.NONE.rights(holder("viewer"), null, SECRET);
    for (Action action : Action.values()) {
      assertTrue(admin.of(CUSTOMER).may(action).allowed());
      assertEquals(action.reads(), viewer.of(CUSTOMER).may(action).allowed());
      assertFalse(operator.of(CUSTOMER).may(action).allowed());
    }
    assertTrue(admin.may(AdminArea.ACCESS, true).allowed());
    assertFalse(operator.may(AdminArea.ACCESS, false).allowed());
    assertTrue(operator.may(AdminArea.OPERATIONS, true).allowed());
    assertTrue(viewer.may(AdminArea.OPERATIONS, false).allowed());
    assertFalse(viewer.may(AdminArea.OPERATIONS, true).allowed());
    assertTrue(viewer.of(CUSTOMER).whole(Action.LIST));
  }

  @Test
  void scopesNarrowWhatRolesAllowAndDoNotWidenIt() {
    Set<Scope> reading = Set.of(Scope.parse("customer:read").orElseThrow());
    Rights admin = AccessPolicy.NONE.rights(holder("admin"), reading, SECRET);
    assertTrue(admin.of(CUSTOMER).may(Action.GET).allowed());
    assertFalse(admin.of(CUSTOMER).may(Action.CHANGE).allowed());
    assertFalse(admin.may(AdminArea.OPERATIONS, false).allowed());
    Rights operator = AccessPolicy.NONE.rights(holder("operator"), reading, SECRET);
    assertFalse(operator.of(CUSTOMER).may(Action.GET).allowed());
    Rights alone =
        AccessPolicy.NONE.rights(new Subject("key:a", new TreeSet<>(), Map.of()), reading, SECRET);
    assertTrue(alone.of(CUSTOMER).whole(Action.GET));
    assertFalse(alone.of(CUSTOMER).may(Action.DELETE).allowed());
  }

  @Test
  void scopesAreReadAsTheyAreWritten() {
    for (String text :
        List.of("customer:read", "*:write", "admin/*:read", "admin/operations:write")) {
      assertEquals(text, Scope.parse(text).orElseThrow().toString());
    }
    for (String text :
        List.of("", "customer", "customer:", "customer:delete", "admin/other:read", "a b:read")) {
      assertEquals(Optional.empty(), Scope.parse(text), text);
    }
  }

  @Test
  void twoCeilingsTogetherAreTheLowerOfBoth() {
    assertEquals(scopes("a:read"), Scope.within(scopes("a:read", "b:read"), scopes("a:read")));
    assertEquals(scopes("a:read"), Scope.within(scopes("*:read"), scopes("a:read", "b:write")));
    assertEquals(scopes("a:read"), Scope.within(scopes("a:read"), scopes("*:read")));
    assertEquals(scopes("*:read"), Scope.within(scopes("*:read"), scopes("*:read")));
    assertEquals(Set.of(), Scope.within(scopes("*:read"), scopes("*:write", "admin/*:read")));
    assertEquals(
        scopes("admin/access:read"),
        Scope.within(scopes("admin/*:read"), scopes("admin/access:read", "access:read")));
  }

  @Test
  void aConditionThatCannotBeAnsweredShowsNothing() {
    List<Grant> grants = List.of(grant(READ, "record.country == caller.claims.country", Map.of()));
    EntityRights german = of(grants, List.of(), somebody(Map.of("country", "DE")));
    EntityRights unknown = of(grants, List.of(), somebody(Map.of()));
    assertNotNull(german.seen(Action.GET, row(1L, "a", "DE", 1L)));
    assertNull(german.seen(Action.GET, row(1L, "a", "FR", 1L)));
    assertNull(german.seen(Action.GET, row(1L, "a", null, 1L)));
    assertNull(german.seen(Action.GET, row(1L, "a", Unchanged.UNCHANGED, 1L)));
    assertNull(unknown.seen(Action.GET, row(1L, "a", "DE", 1L)));
    assertEquals(german, of(grants, List.of(), somebody(Map.of("country", "DE"))));
    assertNotEquals(german, unknown);
  }

  @Test
  void aRuleThatCannotBeAnsweredDenies() {
    List<Grant> all = List.of(grant(Set.of(Action.values()), null, Map.of()));
    Rule rule = new Rule("no-high", null, WRITE, "record.level > 5", "Too high.", WHERE);
    EntityRights rights = of(all, List.of(rule), somebody(Map.of()));
    Row low = row(1L, "a", "DE", 1L);
    Row high = row(1L, "a", "DE", 9L);
    assertTrue(rights.writes(Action.CHANGE, Set.of("name"), low, low).allowed());
    assertFalse(rights.writes(Action.CHANGE, Set.of("name"), high, low).allowed());
    assertFalse(rights.writes(Action.CHANGE, Set.of("name"), low, high).allowed());
    assertFalse(rights.writes(Action.DELETE, Set.of(), high, null).allowed());
    assertFalse(
        rights.writes(Action.CHANGE, Set.of("name"), low, row(1L, "a", "DE", null)).allowed());
    Decision denied = rights.writes(Action.CREATE, Set.of("name"), null, high);
    assertTrue(denied.reason().contains("no-high"), denied.reason());
    assertTrue(denied.reason().contains("access.yaml, line 7"), denied.reason());
    assertTrue(denied.reason().contains("Too high."), denied.reason());
  }

  @Test
  void aRuleAboutCallersAloneIsDecidedOnce() {
    List<Grant> all = List.of(grant(Set.of(Action.values()), null, Map.of()));
    Rule rule = new Rule("leads", null, WRITE, "!('lead' in caller.roles)", "", WHERE);
    assertFalse(of(all, List.of(rule), somebody(Map.of())).may(Action.CHANGE).allowed());
    Subject lead = new Subject("somebody", new TreeSet<>(Set.of("some", "lead")), Map.of());
    EntityRights rights = of(all, List.of(rule), lead);
    assertTrue(rights.may(Action.CHANGE).allowed());
    assertTrue(rights.writesAll(Action.CHANGE));
  }

  @Test
  void fieldsAreWrittenWhereTheyAreSeenUnlessItIsSaid() {
    Grant masked =
        new Grant(
            null,
            Set.of(Action.values()),
            Set.of("name"),
            Map.of("country", Mask.HASH),
            null,
            null,
            "some",
            WHERE);
    EntityRights rights = of(List.of(masked), List.of(), somebody(Map.of()));
    Row one = row(1L, "a", "DE", 1L);
    assertTrue(rights.writes(Action.CHANGE, Set.of("name"), one, one).allowed());
    assertFalse(rights.writes(Action.CHANGE, Set.of("country"), one, one).allowed());
    assertFalse(rights.writes(Action.CHANGE, Set.of("level"), one, one).allowed());
    assertTrue(rights.writes(Action.CREATE, Set.of("id", "name"), null, one).allowed());
    assertTrue(rights.comparable(Action.LIST, "name", SCHEMA));
    assertTrue(rights.comparable(Action.LIST, "id", SCHEMA));
    assertFalse(rights.comparable(Action.LIST, "country", SCHEMA));
    assertFalse(rights.comparable(Action.LIST, "level", SCHEMA));
  }

  @Test
  void masksShowNoMoreThanTheySay() {
    assertEquals("***********.org", Mask.PARTIAL.of("ada@example.org", SECRET));
    assertEquals("**cd", Mask.PARTIAL.of("abcd", SECRET));
    assertEquals("*", Mask.PARTIAL.of("a", SECRET));
    assertEquals("", Mask.PARTIAL.of("", SECRET));
    assertEquals("*\uD83D\uDE00", Mask.PARTIAL.of("\uD83D\uDE00\uD83D\uDE00", SECRET));
    assertNull(Mask.PARTIAL.of(null, SECRET));
    Object hash = Mask.HASH.of("a", SECRET);
    assertEquals(hash, Mask.HASH.of("a", SECRET));
    assertNotEquals(hash, Mask.HASH.of("b", SECRET));
    byte[] other = new byte[32];
    other[0] = 1;
    assertNotEquals(hash, Mask.HASH.of("a", new MaskKey(other)));
  }

  /** Many policies by chance, against what they say, read one grant after the other. */
  @Test
  void recordsLookAsTheGrantsSayTogether() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int shown = 0;
    int hidden = 0;
    for (int round = 0; round < 2_000; round++) {
      List<Model> models = new ArrayList<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        models.add(Model.next(random));
      }
      boolean barred = random.nextInt(4) == 0;
      List<Rule> rules =
          barred ? List.of(new Rule("low", null, READ, "record.level < 2", "", WHERE)) : List.of();
      EntityRights rights =
          of(models.stream().map(Model::grant).toList(), rules, somebody(Map.of()));
      for (int i = 0; i < 5; i++) {
        Row row =
            row(
                (long) random.nextInt(100),
                "name" + random.nextInt(9),
                random.nextBoolean() ? "DE" : "FR",
                (long) random.nextInt(5));
        Row expected = expected(models, barred, row);
        Row seen = rights.seen(Action.GET, row);
        assertEquals(text(expected), text(seen), "seed " + seed + ", " + models);
        shown += seen == null ? 0 : 1;
        hidden += seen == null ? 1 : 0;
        if (rights.whole(Action.GET)) {
          assertEquals(text(row), text(seen), "seed " + seed);
        }
        if (!rights.someRows(Action.GET)) {
          assertNotNull(seen, "seed " + seed);
        }
      }
    }
    assertTrue(shown > 1_000 && hidden > 1_000, shown + " shown, " + hidden + " hidden");
  }

  private static @Nullable String text(@Nullable Row row) {
    return row == null ? null : Arrays.toString(row.copyValues());
  }

  /** A grant and what it is to mean, said otherwise. */
  private record Model(@Nullable String country, Set<String> hidden, Set<String> hashed) {
    static Model next(Random random) {
      Set<String> hidden = new HashSet<>();
      Set<String> hashed = new HashSet<>();
      for (String field : List.of("name", "country", "level")) {
        if (random.nextInt(3) == 0) {
          hidden.add(field);
        } else if (!field.equals("level") && random.nextInt(3) == 0) {
          hashed.add(field);
        }
      }
      String country =
          switch (random.nextInt(3)) {
            case 0 -> null;
            case 1 -> "DE";
            default -> "FR";
          };
      return new Model(country, hidden, hashed);
    }

    Grant grant() {
      Map<String, Mask> masks = new HashMap<>();
      hidden.forEach(field -> masks.put(field, Mask.HIDDEN));
      hashed.forEach(field -> masks.put(field, Mask.HASH));
      return RightsTest.grant(
          READ, country == null ? null : "record.country == '" + country + "'", masks);
    }

    boolean fits(Row row) {
      return country == null || country.equals(row.value("country"));
    }
  }

  private static @Nullable Row expected(List<Model> models, boolean barred, Row row) {
    List<Model> fitting = models.stream().filter(model -> model.fits(row)).toList();
    Object level = row.value("level");
    if (fitting.isEmpty() || (barred && level instanceof Long low && low < 2)) {
      return null;
    }
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      String field = SCHEMA.field(i).name();
      boolean asItIs =
          fitting.stream()
              .anyMatch(
                  model -> !model.hidden().contains(field) && !model.hashed().contains(field));
      boolean hashed = fitting.stream().anyMatch(model -> model.hashed().contains(field));
      if (!asItIs) {
        values[i] = hashed ? Mask.HASH.of(values[i], SECRET) : Unchanged.UNCHANGED;
      }
    }
    return new Row(SCHEMA, values);
  }

  private static Set<Scope> scopes(String... texts) {
    Set<Scope> scopes = new HashSet<>();
    for (String text : texts) {
      scopes.add(Scope.parse(text).orElseThrow());
    }
    return scopes;
  }
}
