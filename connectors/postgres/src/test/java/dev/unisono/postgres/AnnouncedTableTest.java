package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.unisono.postgres.TableShape.Standing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Columns are told by their numbers, which the log does not show. */
final class AnnouncedTableTest {
  private static final long TEXT = 25;

  private static TableShape shape(int allotted, String... columns) {
    List<TableShape.Column> made = new ArrayList<>();
    for (String column : columns) {
      int number = Integer.parseInt(column.replaceAll("\\D", ""));
      String name = column.replaceAll("\\d", "");
      made.add(
          new TableShape.Column(
              number, name, TEXT, -1, "text", null, Standing.KNOWN, null, false, false));
    }
    return new TableShape(1, 1, allotted, made);
  }

  private static int[] numbers(String announced, TableShape held, TableShape catalog) {
    List<AnnouncedTable.Column> columns = new ArrayList<>();
    for (String name : announced.split(" ", -1)) {
      columns.add(new AnnouncedTable.Column(name, TEXT, -1));
    }
    return new AnnouncedTable(1, "public", "t", columns).numbers(held, catalog);
  }

  @Test
  void theCatalogTellsWhereItShowsTheSame() {
    TableShape held = shape(3, "a1", "b2", "c3");
    assertArrayEquals(new int[] {1, 2, 3}, numbers("a b c", held, held));
    // Renamed, and names that were exchanged.
    assertArrayEquals(new int[] {1, 2, 3}, numbers("a x c", held, shape(3, "a1", "x2", "c3")));
    assertArrayEquals(new int[] {1, 2, 3}, numbers("b a c", held, shape(3, "b1", "a2", "c3")));
    // Dropped and added again.
    assertArrayEquals(new int[] {1, 3, 4}, numbers("a c b", held, shape(4, "a1", "c3", "b4")));
  }

  @Test
  void thePlaceTellsWhereTheCatalogIsFurther() {
    TableShape held = shape(3, "a1", "b2", "c3");
    assertArrayEquals(new int[] {1, 2, 3}, numbers("a x c", held, shape(3, "a1", "y2", "c3")));
    assertArrayEquals(new int[] {1, 2, 3}, numbers("a b x", held, shape(3, "a1", "b2", "y3")));
    // Added, and renamed since.
    assertArrayEquals(
        new int[] {1, 2, 3, 4}, numbers("a b c x", held, shape(4, "a1", "b2", "c3", "y4")));
    // Added, and dropped since.
    assertArrayEquals(new int[] {1, 2, 3, 4}, numbers("a b c x", held, shape(4, "a1", "b2", "c3")));
    // The log is behind what is held already.
    TableShape newer = shape(4, "a1", "x2", "c3", "d4");
    assertArrayEquals(new int[] {1, 2, 3}, numbers("a b c", newer, newer));
  }

  @Test
  void whatCannotBeToldIsNotGuessed() {
    TableShape held = shape(3, "a1", "b2", "c3");
    // One of the two that are renamed was dropped since.
    assertArrayEquals(new int[] {1, 0, 0}, numbers("a x y", held, shape(3, "a1", "z3")));
    // Of two that were added one is gone.
    assertArrayEquals(
        new int[] {1, 2, 3, 0}, numbers("a b c x", held, shape(5, "a1", "b2", "c3", "y5")));
  }
}
