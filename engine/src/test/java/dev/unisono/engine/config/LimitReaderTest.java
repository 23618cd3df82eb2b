package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.LimitsConfig.Algorithm;
import dev.unisono.engine.config.LimitsConfig.Counted;
import dev.unisono.engine.config.LimitsConfig.Dimension;
import dev.unisono.engine.config.LimitsConfig.LimitLevel;
import dev.unisono.engine.config.LimitsConfig.LimitRule;
import dev.unisono.engine.config.LimitsConfig.LimitScope;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import dev.unisono.engine.config.LimitsConfig.RedisStore;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** Limits as the config says them, and what it must not say. */
final class LimitReaderTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("REDIS", "rediss://:hush-hush@redis.example:6380/2");

  private final List<ConfigProblem> problems = new ArrayList<>();

  private LimitsConfig read(String text) {
    problems.clear();
    return LimitReader.read(
        new YamlMap(
            "limits", new Yaml(new LoaderOptions()).compose(new StringReader(text)), problems),
        new References(Path.of("."), ENVIRONMENT::get));
  }

  /** Problems as {@code code path}. */
  private List<String> problems(String text) {
    read(text);
    problems.forEach(one -> assertFalse(one.problem().remedy().isEmpty(), one.toString()));
    return problems.stream()
        .map(one -> one.problem().code() + " " + one.problem().configPath())
        .toList();
  }

  private List<String> ofRule(String rule) {
    return problems("rules: [{ name: one, levels: [1/s], " + rule + " }]");
  }

  @Test
  void allThatARuleSaysIsRead() {
    LimitsConfig config =
        read(
            """
            store: { redis: "${env:REDIS}", when-away: refuse, timeout: 20ms }
            tiers: { free: 0, premium: 2 }
            trusted-proxies: [10.0.0.0/8]
            proxy-header: forwarded
            rules:
              - name: writes
                by: [address, route]
                for: { tiers: [free, unknown], routes: ["/v1/customers*"], methods: [POST] }
                algorithm: leaky-bucket
                levels: [10/s, 600 / min, 10000/day, 100/30s]
                burst: 20
                throttle: 2s
              - { name: all, by: nothing, counts: graphql-cost, levels: 5000/h }
              - { name: one, levels: [1/ms] }
            """);
    assertEquals(List.of(), problems);
    assertEquals(
        new RedisStore("rediss://:hush-hush@redis.example:6380/2", true, Duration.ofMillis(20)),
        config.redis());
    assertFalse(config.toString().contains("hush"), "a secret is shown");
    assertEquals(Map.of("free", 0, "premium", 2), config.tiers());
    assertEquals(ProxyHeader.FORWARDED, config.proxyHeader());
    assertEquals(
        new LimitRule(
            "writes",
            Set.of(Dimension.ADDRESS, Dimension.ROUTE),
            new LimitScope(Set.of("free", "unknown"), List.of("/v1/customers*"), Set.of("POST")),
            Counted.REQUESTS,
            Algorithm.LEAKY_BUCKET,
            List.of(
                new LimitLevel(10, Duration.ofSeconds(1), "s"),
                new LimitLevel(600, Duration.ofMinutes(1), "min"),
                new LimitLevel(10_000, Duration.ofDays(1), "day"),
                new LimitLevel(100, Duration.ofSeconds(30), "30s")),
            20,
            Duration.ofSeconds(2)),
        config.rules().getFirst());
    assertEquals(Set.of(), config.rules().get(1).by());
    assertEquals(Counted.GRAPHQL_COST, config.rules().get(1).counted());
    LimitRule plain = config.rules().get(2);
    assertEquals(Set.of(Dimension.CALLER), plain.by());
    assertEquals(Algorithm.TOKEN_BUCKET, plain.algorithm());
    assertNull(plain.burst());
    assertEquals(Duration.ZERO, plain.throttle());
  }

  @Test
  void nothingIsLimitedWhereNothingIsSaid() {
    assertEquals(LimitsConfig.NONE, read("{}"));
    assertEquals(LimitsConfig.NONE, read("store: memory"));
    assertEquals(List.of(), problems);
  }

  @Test
  void levelsThatMakeNoSenseAreRefused() {
    for (String wrong : List.of("10", "ten/s", "10/x", "10 per second", "1/-1s", "'/s'")) {
      assertEquals(
          List.of("wrong-type limits.rules[0].levels"),
          problems("rules: [{ name: one, levels: [" + wrong + "] }]"),
          wrong);
    }
    for (String wrong : List.of("0/s", "1000000001/s", "1/0s", "1/32d")) {
      assertEquals(
          List.of("out-of-range limits.rules[0].levels"),
          problems("rules: [{ name: one, levels: [" + wrong + "] }]"),
          wrong);
    }
    assertEquals(
        List.of("named-twice limits.rules[0].levels"),
        problems("rules: [{ name: one, levels: [1/min, 2/60s] }]"));
    assertEquals(List.of("missing-key limits.rules[0].levels"), problems("rules: [{ name: one }]"));
    assertEquals(
        List.of("missing-key limits.rules[0].levels"),
        problems("rules: [{ name: one, levels: [] }]"));
    assertEquals(
        List.of("out-of-range limits.rules[0].levels"),
        problems(
            "rules: [{ name: one, levels: [1/1s, 1/2s, 1/3s, 1/4s, 1/5s, 1/6s, 1/7s, 1/8s, 1/9s] }]"));
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    assertEquals(
        List.of("wrong-value limits.rules[0].burst"), ofRule("algorithm: fixed-window, burst: 3"));
    assertEquals(List.of("out-of-range limits.rules[0].burst"), ofRule("burst: 0"));
    assertEquals(
        List.of("missing-key limits.rules[0].throttle"), ofRule("algorithm: leaky-bucket"));
    assertEquals(List.of("out-of-range limits.rules[0].throttle"), ofRule("throttle: 31s"));
    assertEquals(List.of("wrong-type limits.rules[0].throttle"), ofRule("throttle: soon"));
    assertEquals(
        List.of("wrong-value limits.rules[0].algorithm"),
        ofRule("counts: deliveries, algorithm: sliding-window"));
    assertEquals(
        List.of("wrong-value limits.rules[0].throttle"),
        ofRule("counts: deliveries, throttle: 1s"));
    assertEquals(List.of("wrong-value limits.rules[0].by"), ofRule("by: [nothing, caller]"));
    assertEquals(List.of("wrong-value limits.rules[0].by"), ofRule("by: [adress]"));
    assertTrue(problems.getFirst().problem().message().contains("address"), "the nearest is told");
    assertEquals(
        List.of("wrong-value limits.rules[0].for.tiers"), ofRule("for: { tiers: [gold] }"));
    assertEquals(
        List.of("wrong-value limits.rules[0].for.routes"),
        ofRule("for: { routes: [\"/v1/*/x\"] }"));
    assertEquals(
        List.of("wrong-value limits.rules[0].for.methods"), ofRule("for: { methods: [get] }"));
    assertEquals(List.of("unknown-key limits.rules[0].for.path"), ofRule("for: { path: /v1 }"));
    assertEquals(
        List.of("named-twice limits.rules[1].name"),
        problems("rules: [{ name: a, levels: [1/s] }, { name: a, levels: [2/s] }]"));
    assertEquals(
        List.of("wrong-value limits.rules[0].name"),
        problems("rules: [{ name: 'A b', levels: [1/s] }]"));
    assertEquals(
        List.of("wrong-value limits.tiers.unknown", "out-of-range limits.tiers.low"),
        problems("tiers: { unknown: 1, low: -1 }"));
    assertEquals(
        List.of("wrong-value limits.trusted-proxies"), problems("trusted-proxies: [proxy]"));
    assertEquals(List.of("wrong-value limits.proxy-header"), problems("proxy-header: via"));
  }

  @Test
  void aRedisIsNamedByAUrlAndItsPasswordStandsElsewhere() {
    assertEquals(List.of("wrong-value limits.store"), problems("store: disk"));
    assertEquals(
        List.of("bad-url limits.store.redis"), problems("store: { redis: localhost:6379 }"));
    assertEquals(
        List.of("bad-url limits.store.redis"), problems("store: { redis: \"http://localhost\" }"));
    assertEquals(
        List.of("secret-in-config limits.store.redis"),
        problems("store: { redis: \"redis://:secret@localhost:6379\" }"));
    assertEquals(
        List.of("no-such-variable limits.store.redis"),
        problems("store: { redis: \"${env:NONE}\" }"));
    assertEquals(
        List.of("wrong-value limits.store.when-away"),
        problems("store: { redis: \"redis://localhost\", when-away: open }"));
    assertEquals(
        List.of("out-of-range limits.store.timeout"),
        problems("store: { redis: \"redis://localhost\", timeout: 6s }"));
    assertEquals(List.of("missing-key limits.store.redis"), problems("store: { timeout: 1s }"));
  }
}
