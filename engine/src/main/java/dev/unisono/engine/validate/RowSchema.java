package dev.unisono.engine.validate;

import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.util.List;
import tools.jackson.core.JacksonException;

/**
 * What an entity's schema says of the row as a whole, asked as the JSON that the row is: a field
 * that is null is not there. Safe for threads.
 */
public final class RowSchema implements RowCheck {
  /** Where such keywords stand in the document: apart from those of the fields. */
  public static final String PLACE = "unisono-row";

  private final List<EntityField> fields;
  private final boolean[] needed;
  private final SchemaDocument.Part schema;

  /**
   * @param needed for each field whether the keywords may ask for it
   */
  public RowSchema(List<EntityField> fields, boolean[] needed, SchemaDocument document)
      throws SchemaDocument.NoSchema {
    this.fields = List.copyOf(fields);
    this.needed = needed.clone();
    this.schema = document.part("$defs", PLACE);
  }

  @Override
  public boolean holds(Row row) {
    for (int i = 0; i < needed.length; i++) {
      if (needed[i] && row.value(i) == Unchanged.UNCHANGED) {
        return true;
      }
    }
    try {
      return schema.errors(ValueTree.of(fields, row)).isEmpty();
    } catch (JacksonException unreadable) {
      return false;
    }
  }

  @Override
  public void explain(Row row, List<Finding> findings) {
    try {
      SchemaFindings.add("", schema.errors(ValueTree.of(fields, row)), findings);
    } catch (JacksonException unreadable) {
      findings.add(
          new Finding("value-unfit", "", "", "", "A document of the record cannot be read."));
    }
  }
}
