package dev.unisono.engine.access;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The roles and the rules of a config, and the roles that are always there. Equal to another of the
 * same content. Safe for threads.
 */
public final class AccessPolicy {
  /** May do everything. */
  public static final String ADMIN = "admin";

  /** May run the server, and see what that takes. */
  public static final String OPERATOR = "operator";

  /** May look at all records, and at how the server runs. */
  public static final String VIEWER = "viewer";

  /** What roles of a config must not be called. */
  public static final Set<String> BUILT_IN = Set.of(ADMIN, OPERATOR, VIEWER);

  /** No roles but those that are always there. */
  public static final AccessPolicy NONE = new AccessPolicy(List.of(), List.of());

  private final Content content;
  private final Conditions conditions = new Conditions();

  record Content(SortedMap<String, Role> roles, List<Rule> rules) {}

  public AccessPolicy(List<Role> roles, List<Rule> rules) {
    SortedMap<String, Role> all = new TreeMap<>();
    all.put(
        ADMIN,
        role(
            ADMIN,
            "Everything.",
            List.of(Grant.whole(ADMIN, Set.of(Action.values()))),
            new Scope(true, "*", false),
            new Scope(true, "*", true)));
    all.put(
        OPERATOR,
        role(
            OPERATOR,
            "Runs the server: systems, snapshots, dead letters, conflicts, webhooks.",
            List.of(),
            operations(false),
            operations(true),
            metrics()));
    all.put(
        VIEWER,
        role(
            VIEWER,
            "Looks at all records, and at how the server runs.",
            List.of(Grant.whole(VIEWER, Set.of(Action.LIST, Action.GET, Action.FOLLOW))),
            operations(false),
            metrics()));
    roles.forEach(role -> all.put(role.name(), role));
    this.content = new Content(all, List.copyOf(rules));
  }

  private static Role role(String name, String description, List<Grant> grants, Scope... areas) {
    return new Role(name, description, grants, Set.of(areas), SourceLine.BUILT_IN);
  }

  private static Scope operations(boolean write) {
    return new Scope(true, AdminArea.OPERATIONS.label(), write);
  }

  private static Scope metrics() {
    return new Scope(true, AdminArea.METRICS.label(), false);
  }

  /** All roles there are, by name. */
  public SortedMap<String, Role> roles() {
    return Collections.unmodifiableSortedMap(content.roles());
  }

  List<Rule> rules() {
    return content.rules();
  }

  Conditions conditions() {
    return conditions;
  }

  /** Those that somebody holds and that there are. */
  List<Role> roles(Subject subject) {
    List<Role> held = new ArrayList<>();
    for (String name : subject.roles()) {
      Role role = content.roles().get(name);
      if (role != null) {
        held.add(role);
      }
    }
    return held;
  }

  /**
   * What somebody may do.
   *
   * @param ceiling the scopes of what was shown; null where it is good for all that the roles allow
   */
  public Rights rights(Subject subject, @Nullable Set<Scope> ceiling, MaskKey secret) {
    return new Rights(this, subject, ceiling, secret);
  }

  /** What may be done by whoever holds one role and nothing else. */
  public Rights rights(String name, String role, MaskKey secret) {
    SortedSet<String> roles = new TreeSet<>(Set.of(role));
    return rights(new Subject(name, roles, Map.of()), null, secret);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AccessPolicy one && content.equals(one.content);
  }

  @Override
  public int hashCode() {
    return content.hashCode();
  }
}
