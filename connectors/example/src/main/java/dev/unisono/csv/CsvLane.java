package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Replaces files with what deliveries make of them, and then the cursor. A crash in between has
 * them delivered again: to a file that is as it was after them, they do nothing (invariants 4 and
 * 5). For one thread.
 */
final class CsvLane implements Lane {
  private final CsvFolder folder;
  private final LaneFile kept;

  CsvLane(CsvFolder folder, LaneFile kept) {
    this.folder = folder;
    this.kept = kept;
  }

  @Override
  public Optional<LaneCursor> cursor() {
    return kept.cursor();
  }

  @Override
  public DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor cursor) {
    Map<Binding, CsvContent> contents = new LinkedHashMap<>();
    for (int i = 0; i < deliveries.size(); i++) {
      String refusal = take(deliveries.get(i), contents);
      if (refusal != null) {
        if (i > 0) {
          write(contents, new LaneCursor(cursor.epoch(), deliveries.get(i - 1).sequence()));
        }
        return refused(deliveries.get(i), i, refusal);
      }
    }
    write(contents, cursor);
    return new DeliveryOutcome.Applied(deliveries.size());
  }

  /** Files refer to nothing, so there is no other order to try. */
  @Override
  public DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor cursor) {
    Map<Binding, CsvContent> contents = new LinkedHashMap<>();
    for (Delivery delivery : deliveries) {
      String refusal = take(delivery, contents);
      if (refusal != null) {
        return refused(delivery, 0, refusal);
      }
    }
    write(contents, cursor);
    return new DeliveryOutcome.Applied(deliveries.size());
  }

  @Override
  public void advance(LaneCursor cursor) {
    kept.move(cursor);
  }

  /** Rows first, the cursor after them: what it has passed must be there. */
  private void write(Map<Binding, CsvContent> contents, LaneCursor cursor) {
    contents.forEach((binding, content) -> {
      byte[] file = content.print();
      folder.checkSize(binding, file.length);
      folder.replace(folder.file(binding), file);
    });
    kept.move(cursor);
  }

  /** Changes a content as a delivery says; where it cannot be, says why and changes nothing. */
  private @Nullable String take(Delivery delivery, Map<Binding, CsvContent> contents) {
    Row row = delivery.row();
    String refusal = row == null ? null : refusal(delivery.binding(), row);
    if (refusal != null) {
      return refusal;
    }
    CsvContent content =
        contents.computeIfAbsent(
            delivery.binding(), binding -> CsvContent.parse(binding, folder.read(binding)));
    boolean deletes = delivery.binding().deletes() == Deletes.HARD;
    if (row != null) {
      put(content, delivery, row, deletes);
    } else if (deletes && delivery.operation() == Operation.TRUNCATE) {
      content.clear();
    } else if (deletes) {
      content.remove(Objects.requireNonNull(delivery.key()));
    }
    return null;
  }

  private static void put(CsvContent content, Delivery delivery, Row row, boolean deletes) {
    Key key = Objects.requireNonNull(delivery.key());
    Key previous = delivery.previousKey();
    boolean beside = delivery.operation() == Operation.CREATE;
    Key before = previous != null && content.has(previous) ? previous : key;
    if (row.partial() && !beside && !content.has(before)) {
      return; // Somebody removed it here; there is nothing to change.
    }
    // What did not come along stays as it is there, also in columns that are not synced.
    @Nullable String[] cells = content.cells(before);
    for (int i = 0; i < row.schema().size(); i++) {
      Object value = row.value(i);
      if (content.place(i) >= 0 && value != Unchanged.UNCHANGED) {
        cells[content.place(i)] = value == null ? null : CsvValue.write(value);
      }
    }
    if (previous != null && deletes && !beside) {
      content.remove(previous);
    }
    content.put(key, cells);
  }

  /** Why a row can never be in a file; null where it can. */
  private static @Nullable String refusal(Binding binding, Row row) {
    for (int i = 0; i < row.schema().size(); i++) {
      Object value = row.value(i);
      if (value == null || value == Unchanged.UNCHANGED || binding.column(i) == null) {
        continue;
      }
      // A decimal may be no number, or an infinite one; those are no decimals in a file.
      boolean special = value instanceof Double && row.schema().field(i).type() != ValueType.DOUBLE;
      if (special || value instanceof Object[]) {
        return row.schema().field(i).name() + " has no text";
      }
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(CsvValue.write(value))) {
        return row.schema().field(i).name() + " is not text that UTF-8 can write";
      }
    }
    return null;
  }

  private DeliveryOutcome refused(Delivery delivery, int applied, String why) {
    return new DeliveryOutcome.Refused(
        applied,
        new Problem(
            "refused-by-target",
            ProblemType.USER,
            folder.system()
                + " refuses "
                + delivery.binding().schema().name()
                + " "
                + delivery.key()
                + " (journal sequence "
                + delivery.sequence()
                + "): "
                + why
                + ".",
            delivery.binding().configPath(),
            "Correct the value in its source, or leave the field out of this member."),
        "text");
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
