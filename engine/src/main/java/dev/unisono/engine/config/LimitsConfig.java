package dev.unisono.engine.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How much callers may ask for within some time. Immutable.
 *
 * @param redis where it is counted for several servers; null where each counts by itself
 * @param tiers the priority of each tier of callers, the higher the more important
 * @param trustedProxies who is believed where they say for whom they ask
 * @param proxyHeader by which header they say it
 */
public record LimitsConfig(
    @Nullable RedisStore redis,
    Map<String, Integer> tiers,
    List<AddressRange> trustedProxies,
    ProxyHeader proxyHeader,
    List<LimitRule> rules) {
  /** The tier of callers of whom nothing else is said. */
  public static final String STANDARD = "standard";

  /** In the place of a tier, those who are nobody we know. */
  public static final String UNKNOWN = "unknown";

  /** Nothing is limited. */
  public static final LimitsConfig NONE =
      new LimitsConfig(
          null, Map.of(STANDARD, 0), List.of(), ProxyHeader.X_FORWARDED_FOR, List.of());

  public LimitsConfig {
    tiers = Map.copyOf(tiers);
    trustedProxies = List.copyOf(trustedProxies);
    rules = List.copyOf(rules);
  }

  /** By which header a proxy says for whom it asks. */
  public enum ProxyHeader {
    X_FORWARDED_FOR,
    FORWARDED
  }

  /**
   * A Redis that several servers count in.
   *
   * @param url may have a password, and is shown to nobody (invariant 10)
   * @param refuses whether nothing passes while it is away; else each server counts by itself then
   */
  public record RedisStore(String url, boolean refuses, Duration timeout) {
    @Override
    public String toString() {
      return "RedisStore[refuses=" + refuses + ", timeout=" + timeout + "]";
    }
  }

  /** What each is counted for by itself. */
  public enum Dimension {
    CALLER,
    KEY,
    TIER,
    ADDRESS,
    ROUTE
  }

  /** What is counted. */
  public enum Counted {
    REQUESTS,
    GRAPHQL_COST,
    DELIVERIES
  }

  public enum Algorithm {
    TOKEN_BUCKET,
    LEAKY_BUCKET,
    FIXED_WINDOW,
    SLIDING_WINDOW;

    /** Whether it has a pace, at which what does not pass at once can wait for its turn. */
    public boolean bucket() {
      return this == TOKEN_BUCKET || this == LEAKY_BUCKET;
    }

    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * So many within some time.
   *
   * @param per the time as it was written: s, min, day, 30s
   */
  public record LimitLevel(long amount, Duration window, String per) {}

  /**
   * Which requests a rule is for; what is empty leaves none out.
   *
   * @param routes paths; with a star at the end all that begin so
   */
  public record LimitScope(Set<String> tiers, List<String> routes, Set<String> methods) {
    public LimitScope {
      tiers = Set.copyOf(tiers);
      routes = List.copyOf(routes);
      methods = Set.copyOf(methods);
    }
  }

  /**
   * One limit.
   *
   * @param by what each is counted for by itself; all are counted as one where it is empty
   * @param burst how many a bucket holds; null for as many as its level has
   * @param throttle for how long a request may wait in the place of being refused
   */
  public record LimitRule(
      String name,
      Set<Dimension> by,
      LimitScope scope,
      Counted counted,
      Algorithm algorithm,
      List<LimitLevel> levels,
      @Nullable Integer burst,
      Duration throttle) {
    public LimitRule {
      by = Set.copyOf(by);
      levels = List.copyOf(levels);
    }
  }
}
