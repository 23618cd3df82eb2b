package dev.unisono.engine.access;

import java.util.List;
import java.util.Set;

/**
 * A named set of rights. Immutable.
 *
 * @param administers areas of the administration, as scopes name them
 */
public record Role(
    String name, String description, List<Grant> grants, Set<Scope> administers, SourceLine where) {
  public Role {
    grants = List.copyOf(grants);
    administers = Set.copyOf(administers);
  }
}
