package dev.unisono.server.oauth;

import dev.unisono.engine.access.Scope;
import dev.unisono.server.access.Delegation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A program that is given tokens. Immutable.
 *
 * @param generation counts how often all that it was given has ended
 * @param secrets the newest first; none where it is public
 */
record Client(String id, Settings settings, int generation, Instant created, List<Secret> secrets) {
  /** What the names of all begin with among callers. */
  static final String PREFIX = "client:";

  Client {
    secrets = List.copyOf(secrets);
  }

  /** How it is given tokens. */
  enum Grant {
    CLIENT_CREDENTIALS,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN;

    /** As OAuth names it. */
    String word() {
      return switch (this) {
        case CLIENT_CREDENTIALS -> "client_credentials";
        case AUTHORIZATION_CODE -> "authorization_code";
        case REFRESH_TOKEN -> "refresh_token";
      };
    }
  }

  /**
   * What it is to be.
   *
   * @param name for people
   * @param confidential whether it can keep a secret
   * @param redirects where browsers are sent back to, to the letter
   * @param scopes what its tokens are good for at most
   * @param roles what it is by itself, where it asks for nobody
   * @param claims what conditions may ask of it then
   */
  record Settings(
      String name,
      boolean confidential,
      Set<String> redirects,
      Set<Grant> grants,
      Set<Scope> scopes,
      SortedSet<String> roles,
      Map<String, String> claims,
      String tier,
      boolean disabled) {
    Settings {
      redirects = Set.copyOf(redirects);
      grants = Set.copyOf(grants);
      scopes = Set.copyOf(scopes);
      claims = Map.copyOf(claims);
    }

    Delegation.Given given() {
      return new Delegation.Given(roles, scopes, claims, tier);
    }
  }

  /**
   * A secret of its own, without what is secret of it.
   *
   * @param hash its SHA-256 as hexadecimal digits
   * @param ends from when on it counts no more; null for as long as the client does
   */
  record Secret(String hash, Instant created, @Nullable Instant ends) {}

  /** The name that it has among all callers. */
  String caller() {
    return PREFIX + id;
  }

  boolean may(Grant grant) {
    return settings.grants().contains(grant);
  }
}
