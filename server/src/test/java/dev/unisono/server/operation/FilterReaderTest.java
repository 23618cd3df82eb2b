package dev.unisono.server.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.TextPattern;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What callers ask of records is read as they mean it, or refused with what is wrong. */
final class FilterReaderTest {
  private static final List<String> NAMES =
      List.of("id", "city", "age", "limit", "or", "a[eq]", "a,b", "note");
  private static final Entity PERSON =
      new Entity(
          1,
          "people",
          new Schema(
              "person",
              NAMES.stream().map(name -> new Field(name, type(name), false)).toList(),
              List.of("id")),
          NAMES.stream()
              .map(name -> new EntityField(name, type(name), false, false, "{}"))
              .toList(),
          NAMES.stream().filter(name -> !name.equals("note")).collect(Collectors.toSet()),
          true);

  private static ValueType type(String name) {
    return Set.of("id", "age").contains(name) ? ValueType.LONG : ValueType.STRING;
  }

  private static List<Condition> read(String... parameters) {
    MultiMap map = MultiMap.caseInsensitiveMultiMap();
    for (int i = 0; i < parameters.length; i += 2) {
      map.add(parameters[i], parameters[i + 1]);
    }
    Condition condition = ListRequest.parse(PERSON, map).query().condition();
    return ((Condition.All) condition).conditions();
  }

  private static Condition equal(String field, Object value) {
    return new Condition.Compared(field, Comparison.EQUAL, value);
  }

  private static Condition compared(String field, Comparison comparison, Object value) {
    return new Condition.Compared(field, comparison, value);
  }

  private static Condition oneOf(String field, Object... values) {
    return new Condition.OneOf(field, Arrays.asList(values), false);
  }

  private static Refusal refused(String code, String field, String... parameters) {
    Refusal refusal =
        assertThrows(Refusal.class, () -> read(parameters), () -> Arrays.toString(parameters));
    assertEquals(400, refusal.status());
    assertEquals(code, refusal.code(), refusal::detail);
    assertEquals(field, refusal.field(), refusal::detail);
    return refusal;
  }

  @Test
  void eachOperatorIsRead() {
    assertEquals(
        List.of(
            equal("age", 1L),
            equal("age", 1L),
            compared("age", Comparison.DIFFERENT, 2L),
            compared("age", Comparison.GREATER, 3L),
            compared("age", Comparison.GREATER_OR_EQUAL, 4L),
            compared("age", Comparison.LESS, 5L),
            compared("age", Comparison.LESS_OR_EQUAL, 6L),
            oneOf("age", 7L, 8L),
            new Condition.OneOf("age", List.of(9L), true),
            new Condition.Absent("age", true),
            new Condition.Absent("city", false),
            new Condition.Like("city", new TextPattern(List.of("P", "s*")))),
        read(
            "age",
            "1",
            "age[eq]",
            "1",
            "age[ne]",
            "2",
            "age[gt]",
            "3",
            "age[gte]",
            "4",
            "age[lt]",
            "5",
            "age[lte]",
            "6",
            "age[in]",
            "7,8",
            "age[nin]",
            "(9)",
            "age[null]",
            "true",
            "city[null]",
            "false",
            "city[like]",
            "P*s\\*"));
  }

  @Test
  void listsTakeQuotesWhereAValueHasACommaOrAParenthesis() {
    assertEquals(
        List.of(
            oneOf("city", "a", "b c", ""),
            oneOf("city", "a,b", "say \"hi\" \\ \\x"),
            oneOf("city", "(a", "b)"),
            oneOf("city", "a)", "b\"c"),
            oneOf("city", "")),
        read(
            "city[in]", "a,b c,",
            "city[in]", "\"a,b\",\"say \\\"hi\\\" \\\\ \\x\"",
            "city[in]", "(\"(a\",\"b)\")",
            "city[in]", "a),b\"c",
            "city[in]", ""));
    for (String broken : List.of("(a", "(a)b", "\"a", "\"a\"b", "(a,b(c))", "(\"a\" ,b)")) {
      refused("bad-filter", "city", "city[in]", broken);
    }
  }

  @Test
  void groupsStandInEachOther() {
    assertEquals(
        List.of(
            new Condition.Any(List.of(equal("city", "Paris"), equal("age", 2L))),
            new Condition.All(
                List.of(
                    compared("age", Comparison.LESS, 3L),
                    new Condition.Any(
                        List.of(
                            oneOf("city", "a,b", "c"),
                            new Condition.Absent("age", true),
                            new Condition.All(List.of(equal("city", "=x[y]"))))),
                    new Condition.Like("city", new TextPattern(List.of("(", ")")))))),
        read(
            "or",
            "(city=Paris,age[eq]=2)",
            "and",
            "(age[lt]=3,or(city[in]=(\"a,b\",c),age[null]=true,and(city==x[y])),"
                + "city[like]=\"(*)\")"));
  }

  @Test
  void aFieldThatIsNamedLikeSomethingElseCanStillBeAskedFor() {
    assertEquals(
        List.of(
            equal("limit", "x"),
            equal("or", "y"),
            equal("a[eq]", "z"),
            compared("a[eq]", Comparison.GREATER, "z"),
            new Condition.Any(List.of(equal("or", "q"), equal("a,b", "r"), equal("a[eq]", "s")))),
        read(
            "limit[eq]",
            "x",
            "or[eq]",
            "y",
            "a[eq]",
            "z",
            "a[eq][gt]",
            "z",
            "or",
            "(or=q,\"a,b\"=r,\"a[eq]\"[eq]=s)"));
  }

  @Test
  void whatIsWrongIsToldWithTheNearestName() {
    assertTrue(refused("unknown-operator", "age", "age[gtt]", "1").detail().contains("'gt'"));
    assertTrue(
        refused("unknown-operator", "age", "or", "(age[lik]=1)").detail().contains("'like'"));
    refused("unknown-operator", "age", "age[]", "1");
    refused("unknown-operator", "age", "age[EQ]", "1");
    assertTrue(refused("unknown-field", "ctiy", "ctiy[gt]", "1").detail().contains("'city'"));
    assertTrue(refused("unknown-field", "ag", "or", "(ag=1)").detail().contains("'age'"));
    assertTrue(refused("unknown-field", "befor", "befor", "1").detail().contains("'before'"));
    refused("unknown-field", "age[gt", "age[gt", "1");
    refused("unknown-field", "", "or", "(=1)");
    refused("not-indexed", "note", "note[null]", "true");
    refused("bad-value", "age", "age[gt]", "x");
    refused("bad-value", "age", "age[in]", "1,x");
    refused("bad-value", "age", "age[null]", "yes");
    refused("bad-value", "city", "city[like]", "\uD83D*");
    refused("operator-unfit", "age", "age[like]", "1*");
  }

  @Test
  void aGroupThatCannotBeReadIsRefused() {
    for (String broken :
        List.of(
            "",
            "city=a",
            "(",
            "()",
            "(city)",
            "(city=a",
            "(city=a))",
            "(city=a)x",
            "(city=a,)",
            "(city[=a)",
            "(city[eq]a)",
            "(city[in]=a)",
            "(city=\"a)",
            "(city=a(b))",
            "(or)",
            "(or())",
            "(city=\"a\"b)")) {
      Refusal refusal = assertThrows(Refusal.class, () -> read("or", broken), broken);
      assertEquals(400, refusal.status());
      assertTrue(
          Set.of("bad-filter", "unknown-field").contains(refusal.code()),
          () -> broken + ": " + refusal.code());
    }
  }

  @Test
  void whatIsAskedForIsBounded() {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      many.addAll(List.of("age", "1"));
    }
    assertEquals(50, read(many.toArray(String[]::new)).size());
    many.addAll(List.of("or", "(age=1)"));
    refused("bad-filter", "age", many.toArray(String[]::new));
    String hundred =
        IntStream.range(0, 100).mapToObj(String::valueOf).collect(Collectors.joining(","));
    assertEquals(1, read("age[in]", hundred).size());
    refused("bad-filter", "age", "age[in]", hundred + ",1");
    assertEquals(1, read("city", "x".repeat(4_000)).size());
    refused("bad-filter", "city", "city", "x".repeat(4_001));
    refused("bad-filter", "city", "city[like]", "x".repeat(201));
    assertEquals(1, read("or", nested(5)).size());
    refused("bad-filter", "or", "or", nested(6));
    refused("bad-filter", "or", "or", nested(5_000));
  }

  private static String nested(int deep) {
    return "(" + "and(".repeat(deep - 1) + "age=1" + ")".repeat(deep);
  }

  @Test
  void anyTextIsReadOrRefused() {
    Random random = new Random(9);
    String letters = "(),=[]\"\\*ora";
    List<String> words = List.of("city", "age", "or(", "and(", "=1", "[in]=(", "[eq]", "\"", "a");
    int readable = 0;
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder("(");
      for (int length = random.nextInt(9); length > 0; length--) {
        text.append(
            random.nextBoolean()
                ? words.get(random.nextInt(words.size()))
                : letters.charAt(random.nextInt(letters.length())));
      }
      try {
        assertEquals(1, read("or", text.append(")").toString()).size());
        readable++;
      } catch (Refusal refusal) {
        assertEquals(400, refusal.status());
      }
    }
    assertTrue(readable > 50, readable + " could be read");
  }
}
