package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import org.junit.jupiter.api.Test;

final class NamingConventionTest {
  private static List<String> all(String name) {
    return List.of(NamingConvention.values()).stream().map(each -> each.apply(name)).toList();
  }

  @Test
  void eachWritesTheSameWords() {
    List<String> expected = List.of("full_name", "fullName", "FullName", "full-name", "FULL_NAME");
    for (String name : expected) {
      assertEquals(expected, all(name).subList(1, 6), name);
      assertEquals(name, all(name).getFirst());
    }
    assertEquals("http_status2_code", NamingConvention.SNAKE.apply("HTTPStatus2Code"));
    assertEquals("straße_nr", NamingConvention.SNAKE.apply("StraßeNr"));
    assertEquals("_", NamingConvention.CAMEL.apply("_"));
    assertEquals("fullName", NamingConvention.CAMEL.apply("_full__name_"));
  }

  @Property(tries = 5_000)
  void aFieldLeadsBackToItsColumnOrIsNamedLikeIt(
      @ForAll NamingConvention convention,
      @ForAll NamingConvention fields,
      @ForAll
          @CharRange(from = 'A', to = 'C')
          @CharRange(from = 'a', to = 'c')
          @Chars({'_', '-', '1'})
          String column) {
    String field = convention.field(column, List.of(fields.apply("full name")));
    assertTrue(
        field.equals(column) || convention.apply(field).equals(column),
        () -> column + " became " + field);
  }

  @Test
  void aColumnBecomesAFieldThatLeadsBackToIt() {
    List<String> camel = List.of("id", "fullName");
    assertEquals("madeIn", NamingConvention.SNAKE.field("made_in", camel));
    assertEquals("madeIn", NamingConvention.SCREAMING.field("MADE_IN", camel));
    // By its convention the column of madeIn would be another one.
    assertEquals("Made_In", NamingConvention.SNAKE.field("Made_In", camel));
    assertEquals("address_2", NamingConvention.SNAKE.field("address_2", camel));
    assertEquals("made_in", NamingConvention.PASCAL.field("MadeIn", List.of("id", "full_name")));
    assertEquals("madeIn", NamingConvention.SAME.field("madeIn", List.of("full_name")));
  }
}
