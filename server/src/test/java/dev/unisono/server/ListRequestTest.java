package dev.unisono.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
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

  private static EntityRecord record(@Nullable Object... values) {
    return new EntityRecord(
        new Key(values[0] == null ? 0L : values[0]),
        1,
        new Row(CUSTOMER.schema(), values),
        Instant.EPOCH);
  }

  @Test
  void aListWithoutAnythingIsInTheOrderOfTheKey() {
    RecordQuery query = parse().query();
    assertEquals(List.of(), query.filters());
    assertEquals(List.of(), query.sort());
    assertEquals(50, query.limit());
    assertNull(query.after());
  }

  @Test
  void filtersHaveTheTypesOfTheirFields() {
    RecordQuery query = parse("plural", "x,y", "balance", "12.50", "id", "-7").query();
    assertEquals(
        List.of(
            new RecordQuery.Filter("plural", "x,y"),
            new RecordQuery.Filter("balance", new BigDecimal("12.50")),
            new RecordQuery.Filter("id", -7L)),
        query.filters());
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
  void aPageGoesOnWhereTheOneBeforeEnded() {
    ListRequest first = parse("sort", "-balance,plural,seen");
    Instant seen = Instant.parse("2026-01-02T03:04:05.000006Z");
    String next =
        first.next(record(9_007_199_254_740_993L, null, new BigDecimal("0.10"), seen, "n"));
    RecordQuery.After after = parse("sort", "-balance,plural,seen", "after", next).query().after();
    assertNotNull(after);
    assertEquals(Arrays.asList(new BigDecimal("0.10"), null, seen), after.sortValues());
    assertEquals(new Key(9_007_199_254_740_993L), after.key());
  }

  private static String page(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aPageOfAnotherListOrNoneIsRefused() {
    String next = parse("sort", "balance").next(record(1L, "p", BigDecimal.ONE, null, null));
    assertRefused("bad-page", "after", "after", next);
    assertRefused("bad-page", "after", "sort", "-balance", "after", next);
    for (String text :
        new String[] {
          "",
          "%",
          "x",
          next.substring(0, next.length() / 2),
          page("[]"),
          page("{"),
          page("{}"),
          page("{\"s\":\"\",\"v\":[],\"k\":[]}"),
          page("{\"s\":\"\",\"v\":{},\"k\":[\"1\"]}"),
          page("{\"s\":\"\",\"v\":[],\"k\":[null]}"),
          page("{\"s\":\"\",\"v\":[],\"k\":[\"1\"],\"x\":1}"),
          page("{\"s\":null,\"v\":[],\"k\":[\"1\"]}"),
          page("{\"s\":\"\",\"v\":[\"1\"],\"k\":[\"1\"]}")
        }) {
      assertRefused("bad-page", "after", "after", text);
    }
    assertRefused("bad-value", "id", "after", page("{\"s\":\"\",\"v\":[],\"k\":[\"x\"]}"));
  }
}
