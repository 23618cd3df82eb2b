package dev.unisono.server.operation;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.spi.Row;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which fields of records are answered with: those that were asked for, and no others. Immutable.
 */
public record FieldSelection(Entity entity, BitSet positions) {
  /**
   * Reads the parameter {@code fields}.
   *
   * @param text null for all
   * @param parameters what else a caller may have meant by a name
   */
  public static FieldSelection parse(
      Entity entity, @Nullable String text, List<String> parameters) {
    BitSet positions = new BitSet();
    if (text == null) {
      positions.set(0, entity.schema().size());
    } else {
      for (String name : text.split(",", -1)) {
        FilterReader.field(entity, name, parameters);
        positions.set(entity.schema().position(name));
      }
    }
    return new FieldSelection(entity, positions);
  }

  public void write(JsonGenerator json, Row row) throws IOException {
    EntityJson.writeRow(json, entity, row, positions::get);
  }

  /** Writes a record that is there. */
  public void write(JsonGenerator json, EntityRecord record) throws IOException {
    if (positions.cardinality() == entity.schema().size()) {
      record.write(json, entity);
    } else {
      write(json, Objects.requireNonNull(record.row(), "it was deleted"));
    }
  }

  /** The same as members of an object that has others, too. */
  void writeMembers(JsonGenerator json, Row row) throws IOException {
    EntityJson.writeFields(json, entity, row, positions::get);
  }
}
