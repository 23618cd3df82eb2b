package dev.unisono.server.access;

import java.time.Instant;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A person who may call, without anything secret. Immutable.
 *
 * @param name by which they sign in, in small letters
 * @param displayName for people
 * @param claims what conditions may ask of them
 * @param hasPassword false until they have chosen one
 * @param hasSecondFactor whether a code is asked for, too
 * @param recoveryCodes how many are left that stand for such a code
 * @param setUpEnds until when a password may be chosen by the code that was given out; null where
 *     none was
 * @param signedIn when last; null for never
 */
public record User(
    String name,
    String displayName,
    SortedSet<String> roles,
    Map<String, String> claims,
    String tier,
    boolean disabled,
    Instant created,
    boolean hasPassword,
    boolean hasSecondFactor,
    int recoveryCodes,
    @Nullable Instant setUpEnds,
    @Nullable Instant signedIn) {
  static final String PREFIX = "user:";

  public User {
    claims = Map.copyOf(claims);
  }

  /** The name that they have among all callers. */
  public String caller() {
    return PREFIX + name;
  }
}
