package dev.unisono.server.access;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.access.Rights;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.Subject;
import dev.unisono.server.operation.Caller;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whom something stands for that was shown, such as a key: as long as that does not change, one
 * object, which remembers what it may do. Safe for threads.
 */
public final class Principal {
  private final Subject subject;
  private final String credential;
  private final String tier;
  private final @Nullable Set<Scope> scopes;
  private final @Nullable Instant ends;
  private final Supplier<Optional<Principal>> again;
  private volatile @Nullable Resolved resolved;

  private record Resolved(AccessPolicy policy, Caller caller) {}

  /**
   * @param credential names what was shown; never a secret
   * @param scopes what it is good for at most; null where it is good for all that the roles allow
   * @param ends from when on it counts no more; null for never
   * @param again looks up what was shown, as things stand then
   */
  public Principal(
      Subject subject,
      String credential,
      String tier,
      @Nullable Set<Scope> scopes,
      @Nullable Instant ends,
      Supplier<Optional<Principal>> again) {
    this.subject = subject;
    this.credential = credential;
    this.tier = tier;
    this.scopes = scopes;
    this.ends = ends;
    this.again = again;
  }

  public String name() {
    return subject.name();
  }

  /** Names what was shown; never a secret. */
  public String credential() {
    return credential;
  }

  public String tier() {
    return tier;
  }

  public Subject subject() {
    return subject;
  }

  /** Null where it is good for all that the roles allow. */
  public @Nullable Set<Scope> scopes() {
    return scopes;
  }

  boolean over(Instant now) {
    return ends != null && !now.isBefore(ends);
  }

  /** The same as long as something lasts that it has been exchanged for, such as a session. */
  Principal until(Instant sooner, Supplier<Optional<Principal>> lasts) {
    return new Principal(subject, credential, tier, scopes, first(sooner), lasts);
  }

  /**
   * The same by something that was given out in its name: good for no more than either, and for no
   * longer.
   *
   * @param shown names what was given out
   */
  public Principal narrowed(
      String shown, Set<Scope> ceiling, Instant sooner, Supplier<Optional<Principal>> lasts) {
    Set<Scope> least =
        scopes != null
            ? Scope.within(ceiling, scopes)
            // Without roles scopes would give by themselves what nobody has given.
            : subject.roles().isEmpty() ? Set.of() : ceiling;
    return new Principal(subject, shown, tier, least, first(sooner), lasts);
  }

  private Instant first(Instant sooner) {
    return ends != null && ends.isBefore(sooner) ? ends : sooner;
  }

  /** The one that it is now; empty where what was shown does not count any more. */
  public Optional<Principal> again() {
    return again.get();
  }

  /**
   * The caller that it makes.
   *
   * @param policy the one in effect
   * @param standing tells how it stands later
   */
  @SuppressWarnings("ReferenceEquality") // asked with every request; one that is equal is rare
  Caller caller(AccessPolicy policy, MaskKey secret, Caller.Standing standing) {
    Resolved known = resolved;
    if (known != null && known.policy() == policy) {
      return known.caller();
    }
    Rights rights = policy.rights(subject, scopes, secret);
    Caller caller = new Caller(subject.name(), credential, tier, rights, standing);
    resolved = new Resolved(policy, caller);
    return caller;
  }
}
