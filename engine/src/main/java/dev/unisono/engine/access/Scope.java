package dev.unisono.engine.access;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a credential is good for at most: reading or writing one entity's records, such as {@code
 * customer:read}, all entities' ({@code *:read}), or an area of the administration ({@code
 * admin/operations:write}, {@code admin/*:read}). Writing does not comprise reading. Immutable.
 *
 * @param admin whether {@code name} is an area's
 * @param name the entity's or the area's; {@code *} for all
 */
public record Scope(boolean admin, String name, boolean write) {
  private static final Pattern FORM = Pattern.compile("(admin/)?([^\\s:/\"\\\\]+):(read|write)");

  /** Reads one; empty where the text is none. */
  public static Optional<Scope> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    boolean admin = form.group(1) != null;
    String name = form.group(2);
    if (admin && !name.equals("*") && area(name).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Scope(admin, name, form.group(3).equals("write")));
  }

  private static Optional<AdminArea> area(String name) {
    for (AdminArea area : AdminArea.values()) {
      if (area.label().equals(name)) {
        return Optional.of(area);
      }
    }
    return Optional.empty();
  }

  boolean covers(AdminArea area, boolean writing) {
    return admin && write == writing && (name.equals("*") || name.equals(area.label()));
  }

  boolean covers(String entity, Action action) {
    return !admin && write != action.reads() && (name.equals("*") || name.equals(entity));
  }

  /** Whether all that another is good for is among what this one is. */
  public boolean comprises(Scope other) {
    return admin == other.admin
        && write == other.write
        && (name.equals("*") || name.equals(other.name));
  }

  /** What credentials are good for that are held together by two of them at most. */
  public static Set<Scope> within(Set<Scope> some, Set<Scope> others) {
    Set<Scope> both = new HashSet<>();
    for (Scope one : some) {
      for (Scope other : others) {
        if (other.comprises(one)) {
          both.add(one);
        } else if (one.comprises(other)) {
          both.add(other);
        }
      }
    }
    return both;
  }

  @Override
  public String toString() {
    return (admin ? "admin/" : "") + name + (write ? ":write" : ":read");
  }
}
