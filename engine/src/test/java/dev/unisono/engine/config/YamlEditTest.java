package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One value is set, and nothing else of a file changes. */
class YamlEditTest {
  private static final List<String> CITY = List.of("syncs", "people", "conflict", "fields", "city");

  private static String set(String text) {
    return YamlEdit.set(text, CITY, "priority").orElse("cannot");
  }

  @Test
  void whatIsMissingIsMadeBeforeTheFirstKeyThatIsThere() {
    assertEquals(
        """
        # The syncs — of us all 🙂
        syncs:
          people:   # everybody
            # who they are
            conflict: { fields: { city: priority } }
            entity: person
            members: []
        # the end
        """,
        set(
            """
            # The syncs — of us all 🙂
            syncs:
              people:   # everybody
                # who they are
                entity: person
                members: []
            # the end
            """));
  }

  @Test
  void aBlockThatIsThereIsAddedTo() {
    assertEquals(
        """
        syncs:
          people:
            conflict:
              fields: { city: priority }
              strategy: latest # for all
            entity: person
        """,
        set(
            """
            syncs:
              people:
                conflict:
                  strategy: latest # for all
                entity: person
            """));
    assertEquals(
        """
        syncs:
          people:
            conflict:
              fields:
                city: priority
                visits: sum
        """,
        set(
            """
            syncs:
              people:
                conflict:
                  fields:
                    visits: sum
            """));
  }

  @Test
  void aMapOnOneLineIsAddedTo() {
    assertEquals(
        "syncs: { people: { conflict: { strategy: latest, fields: { city: priority } } } }\n",
        set("syncs: { people: { conflict: { strategy: latest } } }\n"));
    assertEquals(
        "syncs: { people: { conflict: { fields: { visits: sum, city: priority } } } }\n",
        set("syncs: { people: { conflict: { fields: { visits: sum } } } }\n"));
    assertEquals(
        "syncs: { people: { conflict: { fields: { city: priority } } } }\n",
        set("syncs: { people: { conflict: {} } }\n"));
  }

  @Test
  void aValueThatIsThereIsReplaced() {
    String text =
        "syncs:\n  people:\n    conflict:\n      fields:\n        city: %s\n        a: sum\n";
    assertEquals(text.formatted("priority"), set(text.formatted("manual")));
    assertEquals(text.formatted("priority # why"), set(text.formatted("'manual' # why")));
    assertEquals(
        text.formatted("priority"), set(text.formatted("{ expression: \"newer.value\" }")));
    assertEquals(
        "syncs:\n  people:\n    conflict: { fields: { city: priority } }\n    entity: person\n",
        set("syncs:\n  people:\n    conflict:\n    entity: person\n"));
  }

  @Test
  void whatCannotBeDoneSafelyIsNotDone() {
    assertEquals(
        "cannot",
        set(
            """
            syncs:
              people:
                conflict:
                  fields:
                    city:
                      expression: newer.value
            """));
    assertEquals("cannot", set("- syncs\n"));
    assertEquals("cannot", set("syncs: [people]\n"));
    assertEquals(Optional.empty(), YamlEdit.set("", CITY, "priority"));
  }

  /** A key behind a question mark begins before its own first letter. */
  @Test
  void formsThatCannotBeToldApartAreLeftAsTheyAre() {
    assertEquals("cannot", set("? a\n: 1\n"));
    assertEquals("cannot", set("?"));
  }
}
