package dev.unisono.engine.config;

import dev.unisono.engine.validate.Severity;
import java.util.List;

/**
 * What must hold between the records of an entity, or with those of another. Immutable.
 *
 * @param relations the references, and those of which nothing is asked
 */
public record Constraints(
    List<Unique> unique, List<Reference> references, List<Reference> relations) {
  public static final Constraints NONE = new Constraints(List.of(), List.of(), List.of());

  public Constraints {
    unique = List.copyOf(unique);
    references = List.copyOf(references);
    relations = List.copyOf(relations);
  }

  /** Whether nothing is asked. */
  public boolean isEmpty() {
    return unique.isEmpty() && references.isEmpty();
  }

  /** No two records have equal values in all of some fields; where one is null none is asked. */
  public record Unique(List<String> fields, Severity severity) {
    public Unique {
      fields = List.copyOf(fields);
    }
  }

  /**
   * Some fields are the key of a record; where one is null none is asked.
   *
   * @param entity of which entity
   */
  public record Reference(List<String> fields, String entity, Severity severity) {
    public Reference {
      fields = List.copyOf(fields);
    }
  }
}
