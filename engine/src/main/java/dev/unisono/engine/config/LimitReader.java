package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.engine.config.LimitsConfig.RedisStore;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Reads how much callers may ask for within some time. For one thread. */
final class LimitReader {
  private static final String STORE = "store";
  private static final String TIERS = "tiers";
  private static final String BURST = "burst";
  private static final String LEVELS = "levels";
  private static final String THROTTLE = "throttle";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final int LONGEST_NAME = 60;
  private static final Pattern LEVEL = Pattern.compile("([0-9]{1,10})\\s*/\\s*(\\S.*)");
  private static final long MOST = 1_000_000_000;
  private static final int MOST_BURST = 1_000_000;
  private static final int MOST_PRIORITY = 1_000;
  private static final int MOST_RULES = 100;
  private static final int MOST_LEVELS = 8;
  private static final Duration LONGEST_WINDOW = Duration.ofDays(31);
  private static final Duration LONGEST_THROTTLE = Duration.ofSeconds(30);
  private static final Map<String, Duration> UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "min", Duration.ofMinutes(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "hour", Duration.ofHours(1),
          "d", Duration.ofDays(1),
          "day", Duration.ofDays(1));

  private LimitReader() {}

  static LimitsConfig read(YamlMap map, References references) {
    map.check(ConfigKeys.LIMITS);
    Map<String, Integer> tiers = tiers(map);
    List<LimitRule> rules = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (YamlMap each : map.maps("rules")) {
      LimitRule rule = rule(each, tiers);
      if (rule == null) {
        continue;
      }
      if (!names.add(rule.name())) {
        each.note(
            "name",
            "named-twice",
            "There is a rule '" + rule.name() + "' already.",
            "Give each a name of its own.");
      }
      rules.add(rule);
    }
    if (rules.size() > MOST_RULES) {
      map.note(
          "rules",
          "out-of-range",
          "There are more than " + MOST_RULES + " rules.",
          "Each request is held against all that are for it: have fewer of them.");
    }
    return new LimitsConfig(
        redis(map, references),
        tiers,
        proxies(map),
        choice(map, "proxy-header", List.of("x-forwarded-for", "forwarded")).equals("forwarded")
            ? ProxyHeader.FORWARDED
            : ProxyHeader.X_FORWARDED_FOR,
        rules);
  }

  private static @Nullable RedisStore redis(YamlMap map, References references) {
    if (map.isNull(STORE)) {
      return null;
    }
    if (map.node(STORE) instanceof ScalarNode scalar) {
      if (!scalar.getValue().equals("memory")) {
        map.note(
            STORE,
            "wrong-value",
            "There is no store '" + scalar.getValue() + "'.",
            "Use memory, or { redis: \"${env:NAME}\" }.");
      }
      return null;
    }
    YamlMap store = map.map(STORE);
    store.check(ConfigKeys.LIMIT_STORE);
    String url = url(store, references);
    boolean refuses = choice(store, "when-away", List.of("local", "refuse")).equals("refuse");
    Duration timeout =
        duration(
            store, "timeout", Duration.ofMillis(50), Duration.ofMillis(1), Duration.ofSeconds(5));
    return url == null ? null : new RedisStore(url, refuses, timeout);
  }

  private static @Nullable String url(YamlMap store, References references) {
    String written = store.text("redis");
    if (written == null) {
      return null;
    }
    References.Resolved resolved = references.resolve(written);
    String code = resolved.code();
    if (code != null) {
      store.note("redis", code, resolved.message(), resolved.remedy());
      return null;
    }
    URI uri;
    try {
      uri = new URI(resolved.value());
    } catch (URISyntaxException broken) {
      uri = URI.create("");
    }
    String scheme = uri.getScheme();
    if (uri.getHost() == null
        || scheme == null
        || !(scheme.equals("redis") || scheme.equals("rediss"))) {
      store.note(
          "redis",
          "bad-url",
          "This is no url of a Redis.",
          "Write it like redis://localhost:6379 or rediss://host:6379/0.");
      return null;
    }
    if (uri.getUserInfo() != null && !written.contains("${")) {
      store.note(
          "redis",
          "secret-in-config",
          "A secret stands here in plain text.",
          "Use redis: \"${env:NAME}\" or \"${file:PATH}\".");
      return null;
    }
    return resolved.value();
  }

  private static Map<String, Integer> tiers(YamlMap map) {
    if (map.isNull(TIERS)) {
      return LimitsConfig.NONE.tiers();
    }
    YamlMap tiers = map.map(TIERS);
    Map<String, Integer> read = new LinkedHashMap<>();
    for (String name : tiers.names()) {
      Integer priority = tiers.integer(name);
      if (!NAME.matcher(name).matches() || name.equals(LimitsConfig.UNKNOWN)) {
        tiers.note(
            tiers.keyNode(name),
            name,
            "wrong-value",
            "'" + name + "' is no name for a tier.",
            "Use lower-case letters and digits with hyphens between; unknown is taken.");
      } else if (priority == null || priority < 0 || priority > MOST_PRIORITY) {
        tiers.note(
            name,
            "out-of-range",
            "A priority is from 0 to " + MOST_PRIORITY + ".",
            "Choose one in that range; the higher is the more important.");
      } else {
        read.put(name, priority);
      }
    }
    return read;
  }

  private static List<AddressRange> proxies(YamlMap map) {
    List<AddressRange> proxies = new ArrayList<>();
    for (String text : map.texts("trusted-proxies")) {
      Optional<AddressRange> range = AddressRange.parse(text);
      range.ifPresent(proxies::add);
      if (range.isEmpty()) {
        map.note(
            "trusted-proxies",
            "wrong-value",
            "'" + text + "' is no range of addresses.",
            "Write it like 10.0.0.0/8 or ::1/128.");
      }
    }
    return proxies;
  }

  private static @Nullable LimitRule rule(YamlMap map, Map<String, Integer> tiers) {
    map.check(ConfigKeys.LIMIT_RULE);
    String name = map.text("name");
    if (name != null && (!NAME.matcher(name).matches() || name.length() > LONGEST_NAME)) {
      map.note(
          "name",
          "wrong-value",
          "'" + name + "' is no name for a rule.",
          "Use lower-case letters and digits with hyphens between, " + LONGEST_NAME + " at most.");
      name = null;
    }
    Algorithm algorithm =
        Algorithm.valueOf(constant(choice(map, "algorithm", ConfigKeys.LIMIT_ALGORITHMS)));
    Counted counted = Counted.valueOf(constant(choice(map, "counts", ConfigKeys.LIMIT_COUNTS)));
    Duration throttle = duration(map, THROTTLE, Duration.ZERO, Duration.ZERO, LONGEST_THROTTLE);
    Integer burst = map.integer(BURST);
    checkBurst(map, algorithm, burst);
    checkCombination(map, algorithm, counted, throttle);
    List<LimitLevel> levels = levels(map);
    LimitScope scope = scope(map, tiers);
    Set<Dimension> by = by(map);
    return name == null
        ? null
        : new LimitRule(name, by, scope, counted, algorithm, levels, burst, throttle);
  }

  private static void checkBurst(YamlMap map, Algorithm algorithm, @Nullable Integer burst) {
    if (burst == null) {
      return;
    }
    if (!algorithm.bucket()) {
      map.note(
          BURST,
          "wrong-value",
          "A " + algorithm.word() + " has no burst: it counts up to what its level says.",
          "Leave it out, or use a token-bucket.");
    } else if (burst < 1 || burst > MOST_BURST) {
      map.note(
          BURST,
          "out-of-range",
          "burst is not from 1 to " + MOST_BURST + ".",
          "Choose one in that range.");
    }
  }

  private static void checkCombination(
      YamlMap map, Algorithm algorithm, Counted counted, Duration throttle) {
    if (counted == Counted.DELIVERIES) {
      if (algorithm != Algorithm.TOKEN_BUCKET) {
        map.note(
            "algorithm",
            "wrong-value",
            "Deliveries are counted once they were sent, which a " + algorithm.word() + " cannot.",
            "Use a token-bucket.");
      }
      if (!throttle.isZero()) {
        map.note(
            THROTTLE,
            "wrong-value",
            "Who is sent more than that always waits; nothing is refused.",
            "Leave it out.");
      }
    } else if (algorithm == Algorithm.LEAKY_BUCKET && throttle.isZero()) {
      map.note(
          map.node(),
          THROTTLE,
          "missing-key",
          "'" + THROTTLE + "' is missing.",
          "A leaky-bucket has requests wait for their turn: say for how long at most, such as 2s.");
    }
  }

  private static Set<Dimension> by(YamlMap map) {
    Set<Dimension> by = EnumSet.noneOf(Dimension.class);
    List<String> texts = map.isNull("by") ? List.of("caller") : map.texts("by");
    for (String text : texts) {
      if (text.equals("nothing")) {
        if (texts.size() > 1) {
          map.note(
              "by",
              "wrong-value",
              "'nothing' stands beside others.",
              "Leave it out, or leave the others out.");
        }
      } else if (ConfigKeys.LIMIT_BY.contains(text)) {
        by.add(Dimension.valueOf(constant(text)));
      } else {
        noteUnknown(map, "by", text, ConfigKeys.LIMIT_BY);
      }
    }
    return by;
  }

  private static LimitScope scope(YamlMap rule, Map<String, Integer> tiers) {
    YamlMap map = rule.optionalMap("for");
    map.check(ConfigKeys.LIMIT_SCOPE);
    Set<String> known = new TreeSet<>(tiers.keySet());
    known.add(LimitsConfig.UNKNOWN);
    Set<String> chosen = new LinkedHashSet<>();
    for (String tier : map.texts(TIERS)) {
      if (known.contains(tier)) {
        chosen.add(tier);
      } else {
        noteUnknown(map, TIERS, tier, List.copyOf(known));
      }
    }
    List<String> routes = map.texts("routes");
    for (String route : routes) {
      int star = route.indexOf('*');
      if (!route.startsWith("/") || (star >= 0 && star < route.length() - 1)) {
        map.note(
            "routes",
            "wrong-value",
            "'" + route + "' is no path.",
            "Write it like /v1/customers, or /v1/customers* for all that begin so.");
      }
    }
    Set<String> methods = new LinkedHashSet<>();
    for (String method : map.texts("methods")) {
      if (ConfigKeys.LIMIT_METHODS.contains(method)) {
        methods.add(method);
      } else {
        noteUnknown(map, "methods", method, ConfigKeys.LIMIT_METHODS);
      }
    }
    return new LimitScope(chosen, routes, methods);
  }

  private static List<LimitLevel> levels(YamlMap map) {
    List<LimitLevel> levels = new ArrayList<>();
    Set<Duration> windows = new HashSet<>();
    List<String> texts = map.texts(LEVELS);
    for (String text : texts) {
      LimitLevel level = level(text);
      if (level == null) {
        map.note(
            LEVELS,
            "wrong-type",
            "'" + text + "' does not say how many within which time.",
            "Write it like 10/s, 600/min, 5000/h, 10000/day or 100/30s.");
      } else if (level.amount() < 1
          || level.amount() > MOST
          || level.window().isZero()
          || level.window().compareTo(LONGEST_WINDOW) > 0) {
        map.note(
            LEVELS,
            "out-of-range",
            "'" + text + "' is not 1 to " + MOST + " within 1ms to 31d.",
            "Choose one in that range, such as 100/s.");
      } else if (!windows.add(level.window())) {
        map.note(
            LEVELS,
            "named-twice",
            "A second level is for the time of '" + text + "'.",
            "Keep the lower of them.");
      } else {
        levels.add(level);
      }
    }
    if (levels.size() > MOST_LEVELS) {
      map.note(
          LEVELS,
          "out-of-range",
          "There are more than " + MOST_LEVELS + " levels.",
          "Two or three of them do what more would.");
    }
    if (texts.isEmpty() && !map.isNull(LEVELS)) {
      map.note(LEVELS, "missing-key", "There is no level.", "Write one like 100/s.");
    }
    return levels;
  }

  private static @Nullable LimitLevel level(String text) {
    Matcher matcher = LEVEL.matcher(text.strip());
    if (!matcher.matches()) {
      return null;
    }
    String per = matcher.group(2).strip();
    Duration window = UNITS.get(per);
    if (window == null) {
      window = Amounts.duration(per);
    }
    return window == null
        ? null
        : new LimitLevel(Long.parseLong(matcher.group(1)), window, per.replace(" ", ""));
  }

  /** One of some words, the first of them where there is none. */
  private static String choice(YamlMap map, String key, List<String> words) {
    String text = map.text(key, words.getFirst());
    if (words.contains(text)) {
      return text;
    }
    noteUnknown(map, key, text, words);
    return words.getFirst();
  }

  private static void noteUnknown(YamlMap map, String key, String text, List<String> words) {
    map.note(
        key,
        "wrong-value",
        "There is no '" + text + "' here" + Nearest.question(text, words),
        "Use " + String.join(", ", words) + ".");
  }

  private static String constant(String word) {
    return word.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private static Duration duration(
      YamlMap map, String key, Duration otherwise, Duration least, Duration most) {
    String text = map.text(key);
    if (text == null) {
      return otherwise;
    }
    Duration duration = Amounts.duration(text);
    if (duration == null) {
      map.note(key, "wrong-type", "This is no length of time.", "Write it like 50ms or 2s.");
      return otherwise;
    }
    if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
      map.note(
          key,
          "out-of-range",
          key + " is not from " + least.toMillis() + "ms to " + most.toSeconds() + "s.",
          "Choose one in that range.");
      return otherwise;
    }
    return duration;
  }
}
