package dev.unisono.server.operation;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.access.Rights;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, known by whichever door they came in, and what they may do as things stood then.
 * Immutable.
 *
 * @param name under which what they did is kept, such as answers that may be asked for again; never
 *     a secret
 * @param credential names what they have shown, where one caller may have several; never a secret
 * @param tier who is served first
 * @param standing tells how things stand now
 * @param address where they ask from; null where that is not known
 */
public record Caller(
    String name,
    String credential,
    String tier,
    Rights rights,
    Standing standing,
    @Nullable String address) {
  /** The tier of callers of whom nothing else is said. */
  public static final String STANDARD = "standard";

  /** Who holds the admin token, where nobody can take it away. */
  public static final Caller ADMIN =
      new Caller(
          AccessPolicy.ADMIN,
          AccessPolicy.ADMIN,
          STANDARD,
          AccessPolicy.NONE.rights(
              AccessPolicy.ADMIN, AccessPolicy.ADMIN, new MaskKey(new byte[32])),
          Standing.LASTING);

  public Caller(String name, String credential, String tier, Rights rights, Standing standing) {
    this(name, credential, tier, rights, standing, null);
  }

  /** The same, asking from an address. */
  public Caller from(@Nullable String where) {
    return new Caller(name, credential, tier, rights, standing, where);
  }

  /** How a caller stands now who was let in before, such as one who follows changes. */
  public interface Standing {
    /** Of whom nothing changes. */
    Standing LASTING = known -> Optional.of(known);

    /** The caller with the rights of now; empty where what was shown does not count any more. */
    Optional<Caller> now(Caller known);
  }

  /** Whether there is nothing that this caller has to be told of how things stand now. */
  public boolean unchanged() {
    return standing.now(this).filter(now -> now.rights().equals(rights)).isPresent();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Caller one && name.equals(one.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }
}
