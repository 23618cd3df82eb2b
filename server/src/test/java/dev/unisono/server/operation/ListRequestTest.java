package dev.unisono.server.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.RecordQuery.Place;
import dev.unisono.server.http.Answers;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ListRequestTest {
  private static final Entity CUSTOMER =
      new Entity(
          1,
          "customers",
          new Schema(
              "customer",
              List.of(
                  new Field("id", ValueType.LONG, true),
                  new Field("plural", ValueType.STRING, false),
                  new Field("balance", ValueType.DECIMAL, false),
                  new Field("seen", ValueType.TIMESTAMP, false),
                  new Field("note", ValueType.STRING, false)),
              List.of("id")),
          List.of(
              new EntityField("id", ValueType.LONG, true, false, "{}"),
              new EntityField("plural", ValueType.STRING, false, false, "{}"),
              new EntityField("balance", ValueType.DECIMAL, false, false, "{}"),
              new EntityField("seen", ValueType.TIMESTAMP, false, false, "{}"),
              new EntityField("note", ValueType.STRING, false, false, "{}")),
          Set.of("id", "plural", "balance", "seen"),
          true);

  private static ListRequest parse(String... parameters) {
    MultiMap map = MultiMap.caseInsensitiveMultiMap();
    for (int i = 0; i < parameters.length; i += 2) {
      map.add(parameters[i], parameters[i + 1]);
    }
    return ListRequest.parse(CUSTOMER, map);
  }

  private static void assertRefused(String code, String field, String... parameters) {
    Refusal refusal = assertThrows(Refusal.class, () -> parse(parameters));
    assertEquals(400, refusal.status());
    assertEquals(code, refusal.code());
    assertEquals(field, refusal.field());
  }

  @Test
  void aListWithoutAnythingIsInTheOrderOfTheKey() {
    RecordQuery query = parse().query();
    assertEquals(new Condition.All(List.of()), query.condition());
    assertEquals(List.of(), query.sort());
    assertEquals(50, query.limit());
    assertEquals(Edge.BEGINNING, query.edge());
    assertNull(query.countAtMost());
  }

  @Test
  void filtersHaveTheTypesOfTheirFields() {
    RecordQuery query = parse("plural", "x,y", "balance", "12.50", "id", "-7").query();
    assertEquals(
        new Condition.All(
            List.of(
                new Condition.Compared("plural", Comparison.EQUAL, "x,y"),
                new Condition.Compared("balance", Comparison.EQUAL, new BigDecimal("12.50")),
                new Condition.Compared("id", Comparison.EQUAL, -7L))),
        query.condition());
  }

  @Test
  void sortIsReadInItsOrder() {
    assertEquals(
        List.of(new RecordQuery.Sort("balance", true), new RecordQuery.Sort("plural", false)),
        parse("sort", "-balance,plural").query().sort());
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsName() {
    assertRefused("unknown-field", "blance", "blance", "1");
    assertRefused("not-indexed", "note", "note", "x");
    assertRefused("bad-value", "id", "id", "1.5");
    assertRefused("bad-value", "id", "id", "99999999999999999999");
    assertRefused("bad-value", "balance", "balance", "1e999999999");
    assertRefused("bad-value", "seen", "seen", "yesterday");
    assertRefused("unknown-field", "", "sort", ",id");
    assertRefused("unknown-field", "", "sort", "-");
    assertRefused("not-indexed", "note", "sort", "-note");
    assertRefused("bad-sort", "sort", "sort", "id,-id");
    for (String limit : new String[] {"0", "-1", "1001", "x", "", "1.0", "99999999999"}) {
      assertRefused("bad-limit", "limit", "limit", limit);
    }
    assertEquals(1, parse("limit", "1").query().limit());
    assertEquals(1_000, parse("limit", "1000").query().limit());
  }

  @Test
  void theUnknownNameIsAnsweredWithTheNearest() {
    Refusal refusal = assertThrows(Refusal.class, () -> parse("blance", "1"));
    assertTrue(refusal.detail().contains("'balance'"), refusal.detail());
  }

  @Test
  void parametersThatCannotBeTwiceAreRefused() {
    for (String name : List.of("limit", "sort", "after", "before", "fields", "total")) {
      String value = name.equals("limit") ? "1" : name.equals("total") ? "true" : "id";
      assertRefused("bad-parameter", name, name, value, name, value);
    }
    String end = parse().token(Edge.END);
    assertRefused("bad-parameter", "before", "after", end, "before", end);
    assertRefused("bad-parameter", "total", "total", "yes");
    assertTrue(parse("total", "true").query().countAtMost() != null);
    assertNull(parse("total", "false").query().countAtMost());
  }

  @Test
  void fieldsAreThoseThatAreAskedFor() {
    assertEquals(
        "{\"id\":7,\"note\":\"n\"}", shown(parse("fields", "note,id"), 7L, "p", null, null, "n"));
    assertEquals("{\"balance\":null}", shown(parse("fields", "balance"), 7L, "p", null, null, "n"));
    assertEquals(
        "{\"id\":7,\"plural\":\"p\",\"balance\":null,\"seen\":null,\"note\":null}",
        shown(parse(), 7L, "p", null, null, null));
    assertRefused("unknown-field", "nte", "fields", "id,nte");
    assertRefused("unknown-field", "", "fields", "");
  }

  private static String shown(ListRequest list, @Nullable Object... values) {
    Row row = new Row(CUSTOMER.schema(), values);
    return new String(
        Answers.bytes(json -> list.fields().write(json, row)), StandardCharsets.UTF_8);
  }

  @Test
  void aPageGoesOnWhereTheOneBeforeEnded() {
    ListRequest first = parse("sort", "-balance,plural,seen");
    Place place =
        new Place(List.of(new byte[] {1}, new byte[0], new byte[] {-1, 0}, new byte[] {5}));
    for (Place there : Arrays.asList(place, null)) {
      String after = first.token(new Edge(there, false));
      assertEquals(after, again("after", after, false));
      assertEquals(after, again("before", after, true));
    }
  }

  private static String again(String parameter, String token, boolean before) {
    ListRequest list = parse("sort", "-balance,plural,seen", parameter, token);
    assertEquals(before, list.query().edge().before());
    return list.token(list.query().edge());
  }

  @Test
  void aPageOfAnotherListOrNoneIsRefused() {
    String next = parse("sort", "balance").token(new Edge(PLACE, false));
    assertRefused("bad-page", "after", "after", next);
    assertRefused("bad-page", "before", "sort", "-balance", "before", next);
    assertRefused("bad-page", "after", "sort", "balance,id", "after", next);
    for (String text :
        new String[] {
          "", "%", "x", "AA", next.substring(0, next.length() / 2), next + "AAAA", next.substring(4)
        }) {
      assertRefused("bad-page", "after", "sort", "balance", "after", text);
    }
  }

  @Test
  void anyBytesAreAPlaceOrAreRefused() {
    Random random = new Random(4);
    byte[] good =
        Base64.getUrlDecoder().decode(parse("sort", "balance").token(new Edge(PLACE, false)));
    int places = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        bytes = good.clone();
        for (int flips = random.nextInt(3); flips >= 0; flips--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
      try {
        ListRequest list = parse("sort", "balance", "after", text);
        assertEquals(text, list.token(list.query().edge()));
        places++;
      } catch (Refusal refusal) {
        assertEquals("bad-page", refusal.code());
      }
    }
    assertTrue(places > 100, places + " were places");
  }

  private static final Place PLACE = new Place(List.of(new byte[] {1, 2}, new byte[] {3}));
}
