package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * The endpoints that changes are sent to, and what is brought in turn, in an OpenAPI document. For
 * one thread.
 */
final class OpenApiEndpoints extends OpenApiPart {
  /** No entity has such a name. */
  static final String TAG = "unisono.webhooks";

  private static final String PATH = "/v1/admin/webhooks";
  private static final String ENDPOINT = "schemas/unisono.Endpoint";

  OpenApiEndpoints(JsonGenerator json) {
    super(json);
  }

  void paths() throws IOException {
    object(PATH, this::collection);
    object(PATH + "/{id}", this::one);
    action(
        "secret",
        "webhooks_secret",
        "Gives a new secret; for 24 hours the one before signs as well.",
        () -> answer("200", "With its secret.", false, () -> ref(ENDPOINT + ".secret")),
        "401",
        "404");
    action("enable", "webhooks_enable", "Goes on where it was.", this::endpoint, "401", "404");
    object(PATH + "/{id}/replay", this::replay);
    object(PATH + "/{id}/deliveries", this::deliveries);
    object("/hooks/{system}", this::hook);
  }

  private void collection() throws IOException {
    object(
        "post",
        () -> {
          operation(TAG, "webhooks_add", "Registers an endpoint.");
          body(() -> media("application/json", ENDPOINT + ".new"));
          object(
              "responses",
              () -> {
                answer(
                    "201",
                    "With its secret, which is not shown again; Location says where it is.",
                    false,
                    () -> ref(ENDPOINT + ".secret"));
                refusals("400", "401", "404", "409", "410", "413", "422");
              });
        });
    object(
        "get",
        () -> {
          operation(TAG, "webhooks_list", "The endpoints.");
          pageParameters();
          object(
              "responses",
              () -> {
                answer("200", "A page of them.", false, () -> page(ENDPOINT));
                refusals("400", "401");
              });
        });
  }

  private void id() throws IOException {
    array("parameters", () -> path("id", "The endpoint's number.", "integer"));
  }

  private void endpoint() throws IOException {
    answer("200", "The endpoint as it is then.", false, () -> ref(ENDPOINT));
  }

  private void one() throws IOException {
    id();
    object(
        "get",
        () -> {
          operation(TAG, "webhooks_get", "One endpoint.");
          object(
              "responses",
              () -> {
                endpoint();
                refusals("401", "404");
              });
        });
    object(
        "patch",
        () -> {
          operation(TAG, "webhooks_patch", "Changes what it was registered with.");
          body(() -> media("application/merge-patch+json", ENDPOINT + ".patch"));
          object(
              "responses",
              () -> {
                endpoint();
                refusals("400", "401", "404", "413", "422");
              });
        });
    object(
        "delete",
        () -> {
          operation(TAG, "webhooks_delete", "Forgets it: nothing more is sent.");
          object(
              "responses",
              () -> {
                object("204", () -> text("description", "It is forgotten."));
                refusals("401", "404");
              });
        });
  }

  private void action(String name, String id, String summary, Part done, String... refused)
      throws IOException {
    object(
        PATH + "/{id}/" + name,
        () -> {
          id();
          object(
              "post",
              () -> {
                operation(TAG, id, summary);
                object(
                    "responses",
                    () -> {
                      done.write();
                      refusals(refused);
                    });
              });
        });
  }

  private void replay() throws IOException {
    id();
    object(
        "post",
        () -> {
          operation(TAG, "webhooks_replay", "Sends what is behind a cursor, once more.");
          body(() ->
              object(
                  "application/json",
                  () ->
                      object(
                          "schema",
                          () -> {
                            text("type", "object");
                            names("required", "after");
                            object("properties", () -> property("after", "string", "The cursor."));
                          })));
          object(
              "responses",
              () -> {
                endpoint();
                refusals("400", "401", "404", "410", "413");
              });
        });
  }

  private void deliveries() throws IOException {
    id();
    object(
        "get",
        () -> {
          operation(TAG, "webhooks_deliveries", "The last attempts, about 1,000.");
          pageParameters();
          object(
              "responses",
              () -> {
                answer("200", "A page of them.", false, () -> page("schemas/unisono.Attempt"));
                refusals("400", "401", "404");
              });
        });
  }

  private void pageParameters() throws IOException {
    array(
        "parameters",
        () -> {
          object(() -> ref("parameters/placeAfter"));
          object(() -> ref("parameters/placeLimit"));
        });
  }

  private void page(String of) throws IOException {
    text("type", "object");
    names("required", "items", "next");
    object(
        "properties",
        () -> {
          object("items", () -> items(of));
          nullable("next", "integer", "To be sent as `after` for the page behind.");
        });
  }

  private void hook() throws IOException {
    array(
        "parameters",
        () -> path("system", "A system with `connector: webhook`, by its name.", "string"));
    object(
        "post",
        () -> {
          operation(TAG, "hooks_receive", "Takes what a system brings, signed as its config says.");
          array("security", () -> {});
          body(() ->
              object(
                  "application/json",
                  () ->
                      object(
                          "schema",
                          () -> text("description", "As the system's config reads it."))));
          object(
              "responses",
              () -> {
                answer(
                    "200",
                    "It is durable.",
                    false,
                    () -> {
                      text("type", "object");
                      object(
                          "properties",
                          () -> object("state", () -> names("enum", "taken", "known")));
                    });
                refusals("400", "401", "404", "413", "422", "503");
              });
        });
  }

  void schemas() throws IOException {
    object("unisono.Endpoint", () -> shown(false));
    object("unisono.Endpoint.secret", () -> shown(true));
    object(
        "unisono.Endpoint.new",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          names("required", "url");
          object(
              "properties",
              () -> {
                settings();
                property("after", "string", "The cursor to begin behind; without it, now.");
              });
        });
    object(
        "unisono.Endpoint.patch",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          object("properties", this::settings);
        });
    object("unisono.Attempt", this::attempt);
  }

  private void settings() throws IOException {
    property("url", "string", "Where messages go: https, or http where the config allows it.");
    object(
        "entities",
        () -> {
          described("array", "Entities by their names; none for all.");
          object("items", () -> text("type", "string"));
        });
    nullable("filter", "string", "A condition in CEL on the record, of one entity.");
    choice("payload", "full", "key");
    choice("format", "plain", "cloudevents");
    object(
        "description",
        () -> {
          described("string", "For people.");
          json.writeNumberField("maxLength", 500);
        });
    property("enabled", "boolean", "Whether anything is sent.");
  }

  private void choice(String name, String... values) throws IOException {
    object(
        name,
        () -> {
          text("type", "string");
          names("enum", values);
        });
  }

  private void shown(boolean secret) throws IOException {
    text("type", "object");
    names("required", "id", "url", "cursor", "enabled");
    object(
        "properties",
        () -> {
          property("id", "integer", "By which its path names it.");
          settings();
          object("created", this::time);
          property("cursor", "string", "Up to there all is delivered or waits.");
          property("waiting", "integer", "Messages that failed, or are behind one that did.");
          property("lagEntries", "integer", "In entries of the journal.");
          nullable("failingSince", "string", "Since when it has taken nothing.");
          nullable(
              "secretBeforeSignsUntil", "string", "Until when the secret before signs as well.");
          nullable("disabled", "object", "Why it was disabled: `code`, `message`, `time`.");
          nullable("gap", "object", "What it has missed: `after`, `oldest`, `time`, `told`.");
          if (secret) {
            property("secret", "string", "By which messages are signed.");
          }
        });
  }

  private void attempt() throws IOException {
    text("type", "object");
    object(
        "properties",
        () -> {
          object("id", () -> text("type", "integer"));
          property("message", "string", "The webhook-id.");
          object("event", () -> text("type", "string"));
          property("attempt", "integer", "From 1.");
          object("time", this::time);
          property("millis", "integer", "How long it took.");
          choice("outcome", "delivered", "refused", "timed-out", "unreachable", "address-refused");
          nullable("status", "integer", "What was answered.");
          nullable("detail", "string", "Why it was not delivered.");
        });
  }
}
