package dev.unisono.server.access;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.Scope;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may give to others: no more than they have. Whoever holds the role {@code admin},
 * and has shown what is good for all of it, may give everything. Immutable.
 */
public final class Delegation {
  private final AccessPolicy policy;
  private final Principal giver;

  Delegation(AccessPolicy policy, Principal giver) {
    this.policy = policy;
    this.giver = giver;
  }

  /**
   * What is to be given, or what somebody has of whom one is to dispose.
   *
   * @param scopes null for all that the roles allow
   */
  public record Given(
      SortedSet<String> roles,
      @Nullable Set<Scope> scopes,
      Map<String, String> claims,
      String tier) {
    static Given of(ApiKey key) {
      return new Given(key.roles(), key.scopes(), key.claims(), key.tier());
    }

    static Given of(User user) {
      return new Given(user.roles(), null, user.claims(), user.tier());
    }
  }

  /**
   * Looks whether somebody may be given it.
   *
   * @throws Refusal 422 unknown-role; 403 more-than-held
   */
  public void give(Given given) {
    for (String role : given.roles()) {
      if (!policy.roles().containsKey(role)) {
        throw new Refusal(
            422,
            "unknown-role",
            "There is no role '" + role + "'" + Nearest.question(role, policy.roles().keySet()),
            "roles");
      }
    }
    dispose(given);
  }

  /**
   * Looks whether a key may be disposed of: given another secret, changed or taken away.
   *
   * @throws Refusal 403 more-than-held
   */
  public void dispose(ApiKey key) {
    dispose(Given.of(key));
  }

  /**
   * The same of a person.
   *
   * @throws Refusal 403 more-than-held
   */
  public void dispose(User user) {
    dispose(Given.of(user));
  }

  /**
   * The same of whoever has something.
   *
   * @throws Refusal 403 more-than-held
   */
  public void dispose(Given given) {
    Set<Scope> ceiling = giver.scopes();
    Set<String> held = giver.subject().roles();
    if (ceiling == null && held.contains(AccessPolicy.ADMIN)) {
      return;
    }
    for (String role : given.roles()) {
      if (!held.contains(role)) {
        throw more("the role '" + role + "'", "roles");
      }
    }
    Set<Scope> scopes = given.scopes();
    if (given.roles().isEmpty() && scopes != null && !held.isEmpty()) {
      // Without a role scopes are all that counts: what roles hold back would not be.
      throw more("scopes without a role of yours", "roles");
    }
    if (ceiling != null) {
      if (scopes == null && !given.roles().isEmpty()) {
        throw more("all that a role allows", "scopes");
      }
      for (Scope scope : scopes == null ? Set.<Scope>of() : scopes) {
        if (ceiling.stream().noneMatch(one -> one.comprises(scope))) {
          throw more("the scope '" + scope + "'", "scopes");
        }
      }
    }
    given
        .claims()
        .forEach((name, value) -> {
          if (!value.equals(giver.subject().claims().get(name))) {
            throw more("the claim '" + name + "' with that value", "claims");
          }
        });
    if (!given.tier().equals(Caller.STANDARD) && !given.tier().equals(giver.tier())) {
      throw more("the tier '" + given.tier() + "'", "tier");
    }
  }

  private static Refusal more(String what, String field) {
    return new Refusal(
        403,
        "more-than-held",
        "You do not have "
            + what
            + ", so you cannot dispose of it. Ask somebody with the role "
            + AccessPolicy.ADMIN
            + ".",
        field);
  }
}
