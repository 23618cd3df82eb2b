package dev.unisono.server.limit;

import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A rule of the config, made ready to be asked often. Immutable. */
final class Rule {
  /** What callers name themselves may be long, and each of very many keys is held. */
  private static final int LONGEST_SUBJECT = 160;

  /** Names and addresses have none, and a route is the last part. */
  private static final char BETWEEN = '\0';

  private final LimitRule config;
  private final Tally tally;
  private final Level[] levels;
  private final String[] names;
  private final List<String> script;
  private final String prefix;
  private final String policies;
  private final long idleNanos;
  private final long throttleMicros;
  private final boolean byCaller;
  private final boolean byKey;
  private final boolean byTier;
  private final boolean byAddress;
  private final boolean byRoute;

  /** What a store holds of somebody who has not asked yet. */
  private final Function<String, Counters> fresh;

  /**
   * @param tally where it is noted what became of requests
   */
  Rule(LimitRule config, Tally tally) {
    this.config = config;
    this.tally = tally;
    List<LimitLevel> written = config.levels();
    this.levels = new Level[written.size()];
    this.names = new String[written.size()];
    List<String> told = new ArrayList<>();
    long idleMicros = 0;
    for (int i = 0; i < levels.length; i++) {
      LimitLevel level = written.get(i);
      levels[i] = Level.of(config, level);
      names[i] = levels.length == 1 ? config.name() : config.name() + "-" + level.per();
      told.add(policy(names[i], levels[i]));
      idleMicros = Math.max(idleMicros, levels[i].idleMicros());
    }
    this.script = script(levels, idleMicros);
    this.prefix = config.name() + "." + fingerprint(levels) + ":";
    this.policies = String.join(", ", told);
    this.idleNanos = idleMicros * 1_000;
    this.throttleMicros = config.throttle().toNanos() / 1_000;
    this.byCaller = config.by().contains(Dimension.CALLER);
    this.byKey = config.by().contains(Dimension.KEY);
    this.byTier = config.by().contains(Dimension.TIER);
    this.byAddress = config.by().contains(Dimension.ADDRESS);
    this.byRoute = config.by().contains(Dimension.ROUTE);
    this.fresh = _ -> new Counters(Level.STATE * levels.length, idleNanos);
  }

  /** What is counted by other levels is not what these count. */
  private static String fingerprint(Level[] levels) {
    StringBuilder text = new StringBuilder();
    for (Level level : levels) {
      text.append(level);
    }
    return HexFormat.of().formatHex(sha256(text.toString()), 0, 4);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  /** As draft-ietf-httpapi-ratelimit-headers-11, section 3, has it: whole seconds alone. */
  private static String policy(String name, Level level) {
    long quota = level.capacity();
    // A bucket of another size than its level is full again after another time.
    long windowMicros =
        Math.ceilDiv(level.windowTicks() * level.capacity(), level.amount()) * level.tickMicros();
    return "\""
        + name
        + "\";q="
        + quota
        + (windowMicros % 1_000_000 == 0 ? ";w=" + windowMicros / 1_000_000 : "");
  }

  /** The rule as the script of Redis is told of it. */
  private static List<String> script(Level[] levels, long idleMicros) {
    List<String> script = new ArrayList<>();
    script.add(Integer.toString(levels.length));
    script.add(Long.toString(Math.ceilDiv(idleMicros, 1_000) + 1));
    for (Level level : levels) {
      script.add(level.algorithm().word().substring(0, 1));
      script.add(Long.toString(level.amount()));
      script.add(Long.toString(level.windowTicks()));
      script.add(Long.toString(level.tickMicros()));
      script.add(Long.toString(level.capacity()));
      script.add(Long.toString(level.patienceTicks()));
      script.add(Long.toString(level.mostUsed()));
    }
    return List.copyOf(script);
  }

  List<String> script() {
    return script;
  }

  Tally tally() {
    return tally;
  }

  String name() {
    return config.name();
  }

  Counted counted() {
    return config.counted();
  }

  Level[] levels() {
    return levels;
  }

  /** By which callers know a level. */
  String name(int level) {
    return names[level];
  }

  /** What the header says of all levels. */
  String policies() {
    return policies;
  }

  Function<String, Counters> fresh() {
    return fresh;
  }

  boolean bucket() {
    return config.algorithm().bucket();
  }

  long throttleMicros() {
    return throttleMicros;
  }

  /**
   * For whom a request is counted, as a store has it.
   *
   * @return null where the rule is not for it
   */
  @Nullable String subject(Asked asked) {
    LimitScope scope = config.scope();
    if ((!scope.tiers().isEmpty() && !scope.tiers().contains(asked.tier()))
        || (!scope.methods().isEmpty() && !scope.methods().contains(asked.method()))
        || !goesTo(scope.routes(), asked.path())) {
      return null;
    }
    String caller = asked.caller();
    String key = asked.key();
    if ((byCaller && caller == null) || (byKey && key == null)) {
      return null; // Of nobody we know.
    }
    if (byCaller && !byKey && !byTier && !byAddress && !byRoute) {
      return bounded(prefix.concat(String.valueOf(caller)));
    }
    StringBuilder subject = new StringBuilder(80).append(prefix);
    append(subject, byCaller, caller);
    append(subject, byKey, key);
    append(subject, byTier, asked.tier());
    append(subject, byAddress, byAddress ? asked.address() : null);
    append(subject, byRoute, byRoute ? asked.route() : null);
    return bounded(subject.toString());
  }

  private static void append(StringBuilder subject, boolean part, @Nullable String text) {
    if (part) {
      subject.append(text).append(BETWEEN);
    }
  }

  private String bounded(String subject) {
    return subject.length() <= LONGEST_SUBJECT
        ? subject
        : prefix + HexFormat.of().formatHex(sha256(subject));
  }

  private static boolean goesTo(List<String> routes, String path) {
    for (int i = 0; i < routes.size(); i++) {
      String route = routes.get(i);
      int star = route.length() - 1;
      if (route.charAt(star) == '*' ? path.regionMatches(0, route, 0, star) : path.equals(route)) {
        return true;
      }
    }
    return routes.isEmpty();
  }
}
