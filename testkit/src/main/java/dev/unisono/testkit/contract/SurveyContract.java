package dev.unisono.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a system shows of its tables to somebody who knows nothing of them. */
interface SurveyContract extends ContractPart {
  private static String listed(Survey survey, String table) {
    return survey.tables().stream()
        .filter(name -> name.equals(table) || name.endsWith("." + table))
        .findFirst()
        .orElseThrow(() -> new AssertionError(table + " is not among " + survey.tables()));
  }

  private static List<Item> items(RowReader reader, int page) {
    List<Item> items = new ArrayList<>();
    for (List<Row> rows = reader.next(page); !rows.isEmpty(); rows = reader.next(page)) {
      assertTrue(rows.size() <= page, "no more at once than asked for");
      rows.forEach(row -> items.add(Item.of(row)));
    }
    items.sort(Comparator.comparingLong(Item::id));
    return items;
  }

  @Test
  default void aTableIsShownAsItIsAndNothingIsChanged() {
    Binding binding = trial().table("item");
    for (int id = 1; id <= 7; id++) {
      trial().system().insert("item", Item.of(id, id == 3 ? null : "name " + id));
    }
    List<String> before = trial().system().catalog();
    List<Item> all = trial().items(binding);
    try (ConnectedSystem system = trial().connect(Map.of(), List.of(), List.of())) {
      if (!trial().can(Ability.SURVEY)) {
        ContractTrial.assertNotAvailable(system::survey);
        return;
      }
      try (Survey survey = system.survey()) {
        assertFalse(survey.server().product().isBlank());
        survey.ping();
        SurveyedTable table = survey.table(listed(survey, "item"));
        List<String> columns = table.columns().stream().map(each -> each.name()).toList();
        // A system may need one more of its own, such as a cursor column.
        assertEquals(binding.columns(), columns.subList(0, binding.columns().size()));
        SurveyedTable.Column id = table.columns().getFirst();
        assertTrue(id.loose() || id.type() == ValueType.LONG, id::toString);
        assertEquals(id.loose() ? List.of() : List.of("id"), table.primaryKey());
        try (RowReader sample = survey.sample(binding, table, 100)) {
          assertEquals(all, items(sample, 3));
        }
        try (RowReader sample = survey.sample(binding, table, 2)) {
          List<Item> two = items(sample, 3);
          assertEquals(2, two.size());
          assertTrue(all.containsAll(two), two::toString);
        }
      }
    }
    assertEquals(before, trial().system().catalog());
  }

  @Test
  default void aTableThatCannotBeShownIsNamed() {
    if (!trial().can(Ability.SURVEY)) {
      return;
    }
    try (ConnectedSystem system = trial().connect(Map.of(), List.of(), List.of());
        Survey survey = system.survey()) {
      UnisonoException refused =
          assertThrows(UnisonoException.class, () -> survey.table("nowhere"));
      assertEquals("no-such-table", refused.problem().code());
      ContractTrial.assertTold(refused.problem());
    }
  }

  @Test
  default void aSystemThatIsAwayCannotBeLookedAt() {
    if (!trial().can(Ability.SURVEY)) {
      return;
    }
    Map<String, Object> unreachable = trial().system().unreachable();
    try (ConnectedSystem system = trial().connect(unreachable, List.of(), List.of())) {
      ContractTrial.assertTold(assertThrows(UnisonoException.class, system::survey).problem());
    }
  }
}
