package dev.unisono.server.oauth;

import dev.unisono.engine.access.Scope;
import java.time.Instant;
import java.util.Set;

/**
 * All tokens that come of one consent: they end together. Immutable.
 *
 * @param person the name among all callers of whoever has consented
 * @param credential by which that person was known
 * @param scopes what was consented to
 * @param ends when the last of them does
 */
record Family(
    String id, String client, String person, String credential, Set<Scope> scopes, Instant ends) {
  Family {
    scopes = Set.copyOf(scopes);
  }

  /** The same, which lasts longer. */
  Family until(Instant later) {
    return new Family(id, client, person, credential, scopes, later);
  }
}
