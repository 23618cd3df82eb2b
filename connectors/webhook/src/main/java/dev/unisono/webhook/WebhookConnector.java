package dev.unisono.webhook;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The connector {@code webhook}: a system that brings its changes. Has no state. */
public final class WebhookConnector implements Connector {
  static final String KIND = "webhook";

  private static final Duration LONGEST_TOLERANCE = Duration.ofHours(1);
  private static final Duration LONGEST_MEMORY = Duration.ofDays(30);
  private static final List<String> PARTS = List.of("kind", "operation", "record", "key", "id");

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "A system that sends its changes to POST /hooks/NAME, NAME being the system's. A table"
        + " is a kind of event, a column a member of the record or a JSON pointer into it.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        Option.required(
                "signature",
                Option.Type.TEXT,
                "How deliveries are signed: standard (Standard Webhooks), github"
                    + " (X-Hub-Signature-256), stripe (Stripe-Signature), shopify"
                    + " (X-Shopify-Hmac-Sha256), or none, by which anybody may bring anything.")
            .oneOf("standard", "github", "stripe", "shopify", "none"),
        Option.secret(
            "secret",
            "What deliveries are signed by; several, of which any will do, with blanks between."),
        Option.optional(
            "kind",
            Option.Type.TEXT,
            "/type",
            "Where a delivery says its kind: a JSON pointer, or header:NAME. A kind that is no"
                + " table is one and its operation, divided by the last . or /: customer.updated."),
        Option.optional(
            "operation",
            Option.Type.TEXT,
            null,
            "Where a delivery whose kind is a table says its operation; without it, it is"
                + " updated."),
        Option.optional(
            "record",
            Option.Type.TEXT,
            null,
            "Where the record is, or a list of them; without it the whole body."),
        Option.optional(
            "key",
            Option.Type.TEXT,
            null,
            "Where the key of a deleted record is when there is no record."),
        Option.optional(
            "id",
            Option.Type.TEXT,
            null,
            "Where the id of a delivery is; without it as the kind of signature has it."),
        Option.optional(
            "created",
            Option.Type.TEXT,
            "created create",
            "The words for a record that was made, with blanks between."),
        Option.optional(
            "updated",
            Option.Type.TEXT,
            "updated update",
            "The words for a record that was changed."),
        Option.optional(
            "deleted", Option.Type.TEXT, "deleted delete", "The words for a record that is gone."),
        Option.optional(
            "tolerance",
            Option.Type.DURATION,
            "5m",
            "How far the time of a delivery may be off, where it has one that is signed, 1s to"
                + " 1h."),
        Option.optional(
            "remember",
            Option.Type.DURATION,
            "1d",
            "For how long the ids of deliveries are known, so that none is taken twice, 10m to 30d;"
                + " of 50000 at most."));
  }

  @Override
  public List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    checkSecret(settings, problems);
    for (String name : PARTS) {
      settings
          .optionalText(name)
          .filter(text -> Part.parse(text) == null)
          .ifPresent(_ ->
              add(
                  problems,
                  "wrong-value",
                  name + " is neither a JSON pointer nor a header.",
                  name,
                  "Write it like /data/type or header:X-Topic."));
    }
    for (String name : List.of("created", "updated", "deleted")) {
      List<String> words = List.of(settings.text(name).strip().split("\\s+"));
      if (settings.text(name).isBlank() || words.stream().distinct().count() < words.size()) {
        add(problems, "wrong-value", name + " has no word, or one twice.", name, "Write some.");
      }
    }
    Duration tolerance = settings.duration("tolerance");
    if (tolerance.toSeconds() < 1 || tolerance.compareTo(LONGEST_TOLERANCE) > 0) {
      add(problems, "out-of-range", "tolerance is not from 1s to 1h.", "tolerance", "Write 5m.");
    }
    Duration remember = settings.duration("remember");
    if (remember.toMinutes() < 10
        || remember.compareTo(LONGEST_MEMORY) > 0
        || remember.compareTo(tolerance.multipliedBy(2)) < 0) {
      add(
          problems,
          "out-of-range",
          "remember is not from 10m to 30d, or less than twice the tolerance.",
          "remember",
          "Write 1d.");
    }
    return problems;
  }

  private static void checkSecret(Settings settings, List<Problem> problems) {
    Scheme scheme = Scheme.of(settings.text("signature"));
    List<String> secrets = secrets(settings);
    if ((scheme == Scheme.NONE) != secrets.isEmpty()) {
      add(
          problems,
          "wrong-value",
          secrets.isEmpty() ? "secret is missing." : "With signature: none there is no secret.",
          "secret",
          "Write secret: \"${env:NAME}\", or signature: none without it.");
    }
    for (String secret : secrets) {
      try {
        if (scheme.key(secret).length > 0) {
          continue;
        }
      } catch (IllegalArgumentException none) {
        // Said below, like one without a byte.
      }
      add(
          problems,
          "wrong-value",
          "A secret is none of this kind of signature.",
          "secret",
          "For standard it is whsec_ and base64.");
    }
  }

  static List<String> secrets(Settings settings) {
    return settings.optionalText("secret").stream()
        .flatMap(text -> Arrays.stream(text.strip().split("\\s+")))
        .filter(secret -> !secret.isEmpty())
        .toList();
  }

  private static void add(
      List<Problem> problems, String code, String message, String path, String remedy) {
    problems.add(new Problem(code, ProblemType.USER, message, path, remedy));
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    return new WebhookSystem(context, Clock.systemUTC());
  }
}
