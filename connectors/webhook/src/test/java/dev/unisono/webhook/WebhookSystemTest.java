package dev.unisono.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Field;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Option;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is brought is taken once, if it is signed; everything else is refused with its reason. */
final class WebhookSystemTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String SECRET = "the-secret-of-a-test";
  private static final Schema SCHEMA =
      new Schema(
          "item",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("price", ValueType.DECIMAL, false),
              new Field("tags", ValueType.ARRAY, ValueType.STRING, false)),
          List.of("id"));

  private final Sink sink = new Sink();
  private @Nullable Running running;

  /** The journal of this test: what is handed over is durable at once. */
  private static final class Sink implements ChangeSink {
    private final List<Change> changes = new CopyOnWriteArrayList<>();
    private final Map<String, String> state = new HashMap<>();
    private volatile CountDownLatch ready = new CountDownLatch(1);
    private volatile @Nullable Source source;
    private volatile boolean full;

    @Override
    public void accept(Batch batch) {
      if (full) {
        throw Problems.busy();
      }
      changes.addAll(batch.changes());
      batch
          .state()
          .forEach((name, value) -> {
            if (value == null) {
              state.remove(name);
            } else {
              state.put(name, value);
            }
          });
      Objects.requireNonNull(source).durable(batch.mark());
    }

    @Override
    public void progress(SourceProgress progress) {
      ready.countDown();
    }

    @Override
    public KnownKeys knownKeys() {
      return KnownKeys.NONE;
    }
  }

  private record Running(WebhookSystem system, Thread thread) {}

  private static Settings settings(Map<String, Object> given) {
    Map<String, Object> values = new HashMap<>();
    for (Option option : new WebhookConnector().options()) {
      String usual = option.defaultValue();
      if (usual != null) {
        values.put(
            option.name(),
            switch (option.name()) {
              case "tolerance" -> Duration.ofMinutes(5);
              case "remember" -> Duration.ofDays(1);
              default -> usual;
            });
      }
    }
    values.putAll(given);
    return new Settings(values);
  }

  private WebhookSystem start(Map<String, Object> given) throws Exception {
    Settings settings = settings(given);
    assertEquals(List.of(), new WebhookConnector().validate(settings));
    Binding binding =
        new Binding(
            "items",
            SCHEMA,
            "item",
            Arrays.asList("id", "name", "/cost/net", "tags"),
            "syncs.items.members[0]");
    WebhookSystem system =
        new WebhookSystem(
            new SystemContext("app", settings, List.of(binding), List.of(), Map.of()),
            InstantSource.fixed(NOW));
    assertEquals(List.of(), system.check());
    Source source = system.source();
    sink.source = source;
    sink.ready = new CountDownLatch(1);
    Map<String, String> state = Map.copyOf(sink.state);
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try (source) {
                source.run(state, sink);
              } catch (InterruptedException | UnisonoException ended) {
                // As a runner has it.
              }
            });
    assertTrue(sink.ready.await(LIMIT.toSeconds(), TimeUnit.SECONDS));
    running = new Running(system, thread);
    return system;
  }

  @AfterEach
  void stop() throws InterruptedException {
    Running now = running;
    if (now != null) {
      now.thread().interrupt();
      now.thread().join();
    }
  }

  private static Row after(Change change) {
    return Objects.requireNonNull(change.after());
  }

  private static byte[] code(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }

  private static String code(Runner runner) {
    return assertThrows(UnisonoException.class, runner::run).problem().code();
  }

  private interface Runner {
    void run() throws InterruptedException;
  }

  private static String body(String type, String record) {
    return "{\"type\":\"" + type + "\",\"data\":" + record + "}";
  }

  private static boolean bring(WebhookSystem system, Map<String, String> headers, String body)
      throws InterruptedException {
    return system.receive(headers, body.getBytes(UTF_8), LIMIT);
  }

  private WebhookSystem unsigned() throws Exception {
    return start(Map.of("signature", "none", "record", "/data", "key", "/key"));
  }

  @Test
  void aRecordIsMappedByItsMembers() throws Exception {
    WebhookSystem system = unsigned();
    String record = "{\"id\":\"7\",\"name\":5,\"cost\":{\"net\":\"12.50\"},\"tags\":[\"a\",null]}";
    assertTrue(bring(system, Map.of(), body("item.created", record)));
    assertTrue(bring(system, Map.of(), body("item.updated", "{\"id\":7,\"name\":null}")));
    assertTrue(
        bring(system, Map.of(), "{\"type\":\"item.deleted\",\"key\":{\"id\":7},\"data\":null}"));
    Change created = sink.changes.get(0);
    assertEquals(Operation.CREATE, created.operation());
    assertEquals(7L, after(created).value("id"));
    assertEquals("5", after(created).value("name"));
    assertEquals(new BigDecimal("12.50"), after(created).value("price"));
    assertEquals(Arrays.asList("a", null), Arrays.asList((Object[]) after(created).value("tags")));
    Change updated = sink.changes.get(1);
    assertEquals(Operation.UPDATE, updated.operation());
    assertEquals(null, after(updated).value("name"));
    assertEquals(Unchanged.UNCHANGED, after(updated).value("price"));
    assertEquals(Operation.DELETE, sink.changes.get(2).operation());
    assertEquals(created.key(), sink.changes.get(2).key());
  }

  @Test
  void aListIsAsManyChangesAndAValueOfAnotherTypeIsUnfit() throws Exception {
    WebhookSystem system = unsigned();
    assertTrue(
        bring(
            system,
            Map.of(),
            body("item.updated", "[{\"id\":1,\"cost\":{\"net\":\"much\"}},{\"id\":2}]")));
    assertEquals(2, sink.changes.size());
    assertTrue(after(sink.changes.getFirst()).value("price") instanceof Unfit);
  }

  @Test
  void whatNobodyTakesAndWhatCannotBeReadIsRefused() throws Exception {
    WebhookSystem system = unsigned();
    for (String body :
        List.of(
            body("other.created", "{\"id\":1}"),
            body("item.archived", "{\"id\":1}"),
            body("item.created", "{}"),
            body("item.created", "{\"id\":\"x\"}"),
            body("item.created", "{\"id\":1e999}"),
            body("item.created", "[1]"),
            "{\"type\":3}",
            "[]",
            "{}")) {
      assertEquals("unmapped-delivery", code(() -> bring(system, Map.of(), body)), body);
    }
    for (String body :
        List.of("", "{", "nonsense", "{} {}", "[".repeat(5_000), "{\"a\":1,\"a\":2}")) {
      assertEquals("bad-delivery", code(() -> bring(system, Map.of(), body)), body);
    }
    assertEquals(List.of(), sink.changes);
  }

  @Test
  void standardSignaturesAreCheckedAndIdsAreTakenOnce() throws Exception {
    byte[] old = "an older key, of a rotation".getBytes(UTF_8);
    byte[] key = SECRET.getBytes(UTF_8);
    Base64.Encoder base64 = Base64.getEncoder();
    String secrets = "whsec_" + base64.encodeToString(old) + " whsec_" + base64.encodeToString(key);
    WebhookSystem system =
        start(Map.of("signature", "standard", "secret", secrets, "record", "/data"));
    String body = body("item.created", "{\"id\":1}");
    for (byte[] each : List.of(old, key)) {
      String id = "msg_" + each.length;
      Map<String, String> headers = standard(each, id, NOW, body);
      assertTrue(bring(system, headers, body));
      assertFalse(bring(system, headers, body));
    }
    assertEquals(2, sink.changes.size());
    assertEquals(
        "bad-signature",
        code(() -> bring(system, standard(key, "a", NOW.minusSeconds(301), body), body)));
    assertEquals(
        "bad-signature",
        code(() -> bring(system, standard(key, "b", NOW.plusSeconds(301), body), body)));
    assertEquals(
        "bad-signature", code(() -> bring(system, standard(new byte[9], "c", NOW, body), body)));
    assertEquals(
        "bad-signature", code(() -> bring(system, standard(key, "d", NOW, body), body + " ")));
    assertEquals("bad-signature", code(() -> bring(system, Map.of(), body)));
    // Ids outlive the source: they are durable with what they brought.
    stop();
    WebhookSystem again =
        start(Map.of("signature", "standard", "secret", secrets, "record", "/data"));
    assertFalse(bring(again, standard(key, "msg_" + key.length, NOW, body), body));
    assertEquals(2, sink.changes.size());
  }

  private static Map<String, String> standard(byte[] key, String id, Instant at, String body) {
    try {
      String time = Long.toString(at.getEpochSecond());
      String code = Base64.getEncoder().encodeToString(code(key, id + "." + time + "." + body));
      return Map.of(
          "webhook-id", id, "webhook-timestamp", time, "webhook-signature", "v1a,x v1," + code);
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void githubsSignaturesAreChecked() throws Exception {
    WebhookSystem system =
        start(
            Map.of(
                "signature",
                "github",
                "secret",
                SECRET,
                "kind",
                "header:X-GitHub-Event",
                "operation",
                "/action",
                "record",
                "/item"));
    String body = "{\"action\":\"deleted\",\"item\":{\"id\":3}}";
    String code = HexFormat.of().formatHex(code(SECRET.getBytes(UTF_8), body));
    Map<String, String> headers = new HashMap<>();
    headers.put("x-hub-signature-256", "sha256=" + code);
    headers.put("x-github-event", "item");
    assertEquals("bad-delivery", code(() -> bring(system, headers, body)));
    headers.put("x-github-delivery", "one");
    assertTrue(bring(system, headers, body));
    assertEquals(Operation.DELETE, sink.changes.getFirst().operation());
    headers.put("x-hub-signature-256", "sha256=" + code.replace(code.charAt(0), 'g'));
    assertEquals("bad-signature", code(() -> bring(system, headers, body)));
    headers.put("x-hub-signature-256", code);
    assertEquals("bad-signature", code(() -> bring(system, headers, body)));
  }

  @Test
  void stripesSignaturesAreChecked() throws Exception {
    WebhookSystem system =
        start(Map.of("signature", "stripe", "secret", SECRET, "record", "/data/object"));
    String body = "{\"id\":\"evt_1\",\"type\":\"item.updated\",\"data\":{\"object\":{\"id\":4}}}";
    assertTrue(bring(system, stripe(NOW.getEpochSecond(), body), body));
    assertFalse(bring(system, stripe(NOW.getEpochSecond() + 1, body), body));
    assertEquals(
        "bad-signature", code(() -> bring(system, stripe(NOW.getEpochSecond() - 301, body), body)));
    assertEquals(
        "bad-signature",
        code(() -> bring(system, Map.of("stripe-signature", "t=x,v1=00,nonsense"), body)));
  }

  private static Map<String, String> stripe(long seconds, String body) {
    try {
      String code = HexFormat.of().formatHex(code(SECRET.getBytes(UTF_8), seconds + "." + body));
      return Map.of("stripe-signature", "t=" + seconds + ",v1=00,v1=" + code + ",v0=zz");
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void shopifysSignaturesAreChecked() throws Exception {
    WebhookSystem system =
        start(Map.of("signature", "shopify", "secret", SECRET, "kind", "header:X-Shopify-Topic"));
    String body = "{\"id\":5,\"name\":\"sold\"}";
    Map<String, String> headers = new HashMap<>();
    headers.put("x-shopify-topic", "item/create");
    headers.put("x-shopify-webhook-id", "first");
    headers.put(
        "x-shopify-hmac-sha256",
        Base64.getEncoder().encodeToString(code(SECRET.getBytes(UTF_8), body)));
    assertTrue(bring(system, headers, body));
    assertEquals("sold", after(sink.changes.getFirst()).value("name"));
    headers.put("x-shopify-hmac-sha256", "not base64!");
    assertEquals("bad-signature", code(() -> bring(system, headers, body)));
  }

  @Test
  void whatIsNotDurableIsNotAnsweredAsTaken() throws Exception {
    WebhookSystem system = unsigned();
    sink.full = true;
    String body = body("item.created", "{\"id\":1}");
    assertEquals("not-receiving", code(() -> bring(system, Map.of(), body)));
    Objects.requireNonNull(running).thread().join();
    assertEquals("not-receiving", code(() -> bring(system, Map.of(), body)));
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    WebhookConnector connector = new WebhookConnector();
    for (Map<String, Object> given :
        List.<Map<String, Object>>of(
            Map.of("signature", "standard"),
            Map.of("signature", "standard", "secret", "whsec_%%%"),
            Map.of("signature", "none", "secret", SECRET),
            Map.of("signature", "none", "kind", "type"),
            Map.of("signature", "none", "id", "header:"),
            Map.of("signature", "none", "created", " "),
            Map.of("signature", "none", "tolerance", Duration.ofHours(2)),
            Map.of("signature", "none", "remember", Duration.ofMinutes(5)))) {
      assertFalse(connector.validate(settings(given)).isEmpty(), given.toString());
    }
  }
}
