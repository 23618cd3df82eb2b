package dev.unisono.webhook;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes changes of what a delivery says: its kind names the table, and its operation what became of
 * the record. Immutable; safe for threads.
 */
final class Mapping {
  private static final int MOST_RECORDS = 1_000;

  private final Map<String, Binding> bindings = new HashMap<>();
  private final Part kind;
  private final @Nullable Part operation;
  private final Part record;
  private final @Nullable Part key;
  private final Set<String> created;
  private final Set<String> updated;
  private final Set<String> deleted;

  Mapping(List<Binding> reads, Settings settings) {
    reads.forEach(binding -> bindings.put(binding.table(), binding));
    this.kind = part(settings.text("kind"));
    this.operation = settings.optionalText("operation").map(Mapping::part).orElse(null);
    this.record = part(settings.optionalText("record").orElse(""));
    this.key = settings.optionalText("key").map(Mapping::part).orElse(null);
    this.created = words(settings.text("created"));
    this.updated = words(settings.text("updated"));
    this.deleted = words(settings.text("deleted"));
  }

  private static Part part(String text) {
    return Objects.requireNonNull(Part.parse(text), "checked with the settings");
  }

  private static Set<String> words(String text) {
    return Set.of(text.strip().split("\\s+"));
  }

  /** Which table is meant, and what became of its record. */
  private record Meant(Binding binding, Operation operation) {}

  /**
   * The changes that a delivery brings, in its order.
   *
   * @throws dev.unisono.spi.UnisonoException unmapped-delivery
   */
  List<Change> changes(Map<String, String> headers, byte[] body, Instant now) {
    Object document = Tree.parse(body);
    Meant meant = meant(headers, document);
    Object records = record.in(headers, document);
    List<Change> changes = new ArrayList<>();
    if (records instanceof List<?> several) {
      if (several.size() > MOST_RECORDS) {
        throw Problems.unmapped("it has more than " + MOST_RECORDS + " records");
      }
      several.forEach(each -> changes.add(change(meant, headers, document, each, now)));
    } else {
      changes.add(change(meant, headers, document, records, now));
    }
    return changes;
  }

  private Meant meant(Map<String, String> headers, @Nullable Object document) {
    if (!(kind.in(headers, document) instanceof String named)) {
      throw Problems.unmapped("it does not say its kind where the config expects it");
    }
    Binding binding = bindings.get(named);
    if (binding != null) {
      return new Meant(binding, operation(headers, document));
    }
    int cut = Math.max(named.lastIndexOf('.'), named.lastIndexOf('/'));
    binding = cut < 0 ? null : bindings.get(named.substring(0, cut));
    if (binding == null) {
      throw Problems.unmapped("no member's table is of its kind");
    }
    return new Meant(binding, operation(named.substring(cut + 1)));
  }

  private Operation operation(Map<String, String> headers, @Nullable Object document) {
    if (operation == null) {
      return Operation.UPDATE;
    }
    if (!(operation.in(headers, document) instanceof String word)) {
      throw Problems.unmapped("it does not say its operation where the config expects it");
    }
    return operation(word);
  }

  private Operation operation(String word) {
    if (created.contains(word)) {
      return Operation.CREATE;
    }
    if (deleted.contains(word)) {
      return Operation.DELETE;
    }
    if (updated.contains(word)) {
      return Operation.UPDATE;
    }
    throw Problems.unmapped("its operation is none of created, updated, deleted");
  }

  private Change change(
      Meant meant,
      Map<String, String> headers,
      @Nullable Object document,
      @Nullable Object found,
      Instant now) {
    Binding binding = meant.binding();
    Object keyed = found instanceof Map ? found : keyed(meant, headers, document);
    if (!(keyed instanceof Map)) {
      throw Problems.unmapped("there is no record where the config expects it");
    }
    Row row = row(binding, keyed, meant.operation());
    Key of = key(binding.schema(), row);
    boolean gone = meant.operation() == Operation.DELETE;
    return new Change(
        binding, meant.operation(), of, null, gone ? null : row, null, new Position(0, 0), now, 0);
  }

  /** What is deleted may be told by its key alone. */
  private @Nullable Object keyed(
      Meant meant, Map<String, String> headers, @Nullable Object document) {
    return key == null || meant.operation() != Operation.DELETE ? null : key.in(headers, document);
  }

  /** What a created record does not say is null, what an updated one does not say stays. */
  private static Row row(Binding binding, Object found, Operation operation) {
    Schema schema = binding.schema();
    @Nullable Object[] values = new @Nullable Object[schema.size()];
    for (int i = 0; i < values.length; i++) {
      String column = binding.column(i);
      Object value = column == null ? Missing.MISSING : Tree.at(found, Part.steps(column));
      values[i] =
          value != Missing.MISSING
              ? JsonValue.read(schema.field(i), value)
              : operation == Operation.CREATE && column != null ? null : Unchanged.UNCHANGED;
    }
    return new Row(schema, values);
  }

  private static Key key(Schema schema, Row row) {
    for (int part = 0; part < schema.keySize(); part++) {
      Object value = row.value(schema.keyPosition(part));
      if (value == null || value == Unchanged.UNCHANGED || value instanceof Unfit) {
        throw Problems.unmapped(
            "its record does not say its key "
                + schema.field(schema.keyPosition(part)).name()
                + " as the config has it");
      }
    }
    return schema.key(row);
  }
}
