package dev.unisono.server.access;

import dev.unisono.engine.access.Scope;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A program that may call, and the secrets by which it is known: several while one takes the place
 * of another. Immutable.
 *
 * @param scopes what it is good for at most; null where that is all that its roles allow
 * @param claims what conditions may ask of it
 * @param expires from when on it counts no more; null for never
 * @param secrets the newest first
 */
public record ApiKey(
    String name,
    SortedSet<String> roles,
    @Nullable Set<Scope> scopes,
    Map<String, String> claims,
    String tier,
    Instant created,
    @Nullable Instant expires,
    List<Secret> secrets) {
  /** What the names of all that are keys begin with among callers. */
  static final String PREFIX = "key:";

  public ApiKey {
    scopes = scopes == null ? null : Set.copyOf(scopes);
    claims = Map.copyOf(claims);
    secrets = List.copyOf(secrets);
  }

  /**
   * One of its secrets, without what is secret of it.
   *
   * @param id stands in the token, too, so that one that is found somewhere can be told
   * @param ends from when on it counts no more; null for as long as the key does
   * @param lastUsed to the minute, about; null for never
   */
  public record Secret(
      String id, Instant created, @Nullable Instant ends, @Nullable Instant lastUsed) {}

  /** The name that it has among all callers. */
  public String caller() {
    return PREFIX + name;
  }
}
