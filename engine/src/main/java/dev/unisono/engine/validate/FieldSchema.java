package dev.unisono.engine.validate;

import dev.unisono.engine.entity.EntityField;
import java.util.List;
import tools.jackson.core.JacksonException;

/**
 * The schema of a field that says more than what is compiled: the value is asked as the JSON that
 * it is. Safe for threads.
 */
public final class FieldSchema implements ValueCheck {
  private final EntityField field;
  private final SchemaDocument.Part schema;

  public FieldSchema(EntityField field, SchemaDocument document) throws SchemaDocument.NoSchema {
    this.field = field;
    this.schema = document.part("properties", field.name());
  }

  @Override
  public boolean holds(Object value) {
    try {
      return schema.errors(ValueTree.of(field, value)).isEmpty();
    } catch (JacksonException unreadable) {
      return false;
    }
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    try {
      SchemaFindings.add(place.path(), schema.errors(ValueTree.of(field, value)), findings);
    } catch (JacksonException unreadable) {
      findings.add(Finding.of(place, "value-unfit", value, "cannot be read as JSON"));
    }
  }
}
