package dev.unisono.engine.assess;

import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the rows of one table are like, field by field, told from some of them. For one thread. */
public final class TableProfile {
  private final List<FieldProfile> fields = new ArrayList<>();
  private final @Nullable NamedPlace people;
  private long rows;

  public TableProfile(Schema schema) {
    for (Field field : schema.fields()) {
      fields.add(new FieldProfile(field));
    }
    this.people = NamedPlace.of(schema);
  }

  /** Takes a row of the schema into account. */
  public void add(Row row) {
    rows++;
    for (int i = 0; i < fields.size(); i++) {
      fields.get(i).add(row.value(i));
    }
    NamedPlace both = people;
    if (both != null) {
      both.add(row);
    }
  }

  /** Lets go of what is needed only while rows are added; to be called before anything is asked. */
  public TableProfile settle() {
    fields.forEach(FieldProfile::settle);
    NamedPlace both = people;
    if (both != null) {
      both.settle();
    }
    return this;
  }

  public long rows() {
    return rows;
  }

  public List<FieldProfile> fields() {
    return List.copyOf(fields);
  }

  FieldProfile field(String name) {
    return fields.stream().filter(field -> field.name().equals(name)).findFirst().orElseThrow();
  }

  /**
   * Rows that are likely to mean what another row means.
   *
   * @param fields by which
   * @param rows that have the same there as a row before them, but for case, accents and signs
   */
  public record Duplicates(List<String> fields, long rows) {}

  /** By what rows are likely to be there twice; none where nothing points to that. */
  public List<Duplicates> duplicates() {
    List<Duplicates> found = new ArrayList<>();
    for (FieldProfile field : fields) {
      TextProfile texts = field.texts();
      boolean tells =
          texts.share(TextKind.EMAIL) >= Looks.NEARLY_ALL
              || (texts.share(TextKind.PHONE) >= Looks.NEARLY_ALL
                  && FieldName.PHONE.in(field.name()));
      if (tells && texts.repeated() > 0) {
        found.add(new Duplicates(List.of(field.name()), texts.repeated()));
      }
    }
    NamedPlace both = people;
    if (both != null && both.repeated() > 0) {
      found.add(new Duplicates(both.fields(), both.repeated()));
    }
    return found;
  }
}
