package dev.unisono.webhook;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Receiver;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One configured system that brings its changes. Safe for threads. */
final class WebhookSystem implements ConnectedSystem, Receiver {
  private final SystemContext context;
  private final InstantSource clock;
  private final Inbox inbox;
  private final Scheme scheme;
  private final List<String> secrets;
  private final @Nullable Part id;
  private final Mapping mapping;

  WebhookSystem(SystemContext context, InstantSource clock) {
    this.context = context;
    this.clock = clock;
    this.inbox = new Inbox(context.name(), context.settings().duration("remember"));
    this.scheme = Scheme.of(context.settings().text("signature"));
    this.secrets = WebhookConnector.secrets(context.settings());
    String usual = scheme.id();
    String place = context.settings().optionalText("id").orElse(usual == null ? "-" : usual);
    this.id = Part.parse(place);
    this.mapping = new Mapping(context.reads(), context.settings());
  }

  @Override
  public List<Problem> check() {
    List<Problem> problems = new ArrayList<>();
    Set<String> tables = new HashSet<>();
    for (Binding binding : context.reads()) {
      if (!tables.add(binding.table())) {
        add(
            problems,
            "Two members take deliveries of the kind " + binding.table() + ".",
            binding.configPath() + ".table",
            "Keep one of them.");
      }
      if (binding.where() != null) {
        add(
            problems,
            "Nobody can be asked for some of the records.",
            binding.configPath() + ".where",
            "Leave where out.");
      }
      if (binding.policy().schemaChange() == SchemaChange.EVOLVE) {
        add(
            problems,
            "A sync that is read from deliveries cannot follow new members by itself.",
            "syncs." + binding.sync() + ".schema-change",
            "Write ignore.");
      }
    }
    for (Binding binding : context.writes()) {
      add(
          problems,
          "A system that brings its changes cannot be written to.",
          binding.configPath() + ".direction",
          "Give the member the direction read.");
    }
    return problems;
  }

  private static void add(List<Problem> problems, String message, String path, String remedy) {
    problems.add(new Problem("not-available", ProblemType.USER, message, path, remedy));
  }

  @Override
  public List<String> withdrawal() {
    return List.of();
  }

  @Override
  public Source source() {
    return new WebhookSource(context.reads(), inbox, clock);
  }

  @Override
  public Target target() {
    throw notAvailable("be written to");
  }

  @Override
  public boolean takesWrites() {
    return false;
  }

  @Override
  public Owner owner() {
    throw notAvailable("be written through to");
  }

  private UnisonoException notAvailable(String what) {
    return new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "A system that brings its changes cannot " + what + ".",
            "systems." + context.name(),
            "Change the record where it is; that brings the change."));
  }

  @Override
  public Optional<Receiver> receiver() {
    return Optional.of(this);
  }

  @Override
  public boolean receive(Map<String, String> headers, byte[] body, Duration atMost)
      throws InterruptedException {
    var now = clock.instant();
    // Before anything of it is read: nobody but who has a secret is listened to.
    scheme.check(
        headers,
        body,
        secrets,
        new Scheme.Tolerance(now, context.settings().duration("tolerance")));
    List<Change> changes = mapping.changes(headers, body, now);
    return inbox.take(
        new Inbox.Delivery(named(headers, body), changes, 200L + 4L * body.length), atMost);
  }

  /** A short text for a delivery's id; null where it has none. */
  private @Nullable String named(Map<String, String> headers, byte[] body) {
    Part place = id;
    if (place == null) {
      return null;
    }
    Object found = place.in(headers, place.header() == null ? Tree.parse(body) : null);
    String text =
        found instanceof String given
            ? given
            : found instanceof BigDecimal number ? number.toString() : null;
    if (text == null) {
      throw Problems.badDelivery("it has no id where the config expects it");
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  @Override
  public void close() {
    inbox.close(List.of());
  }
}
