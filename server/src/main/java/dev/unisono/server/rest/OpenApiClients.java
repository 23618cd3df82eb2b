package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** The programs that are given tokens, in an OpenAPI document. For one thread. */
final class OpenApiClients extends OpenApiPart {
  /** No entity has such a name. */
  static final String TAG = "unisono.clients";

  private static final String PATH = "/v1/admin/clients";
  private static final String CLIENT = "schemas/unisono.Client";

  OpenApiClients(JsonGenerator json) {
    super(json);
  }

  void paths() throws IOException {
    object(PATH, this::collection);
    object(PATH + "/{id}", this::one);
    object(PATH + "/{id}/secret", this::secret);
  }

  private void collection() throws IOException {
    object(
        "get",
        () -> {
          operation(TAG, "clients_list", "All clients.");
          object(
              "responses",
              () -> {
                answer("200", "All of them, by their ids.", false, () -> list(CLIENT));
                refusals("401");
              });
        });
    object(
        "post",
        () -> {
          operation(TAG, "clients_create", "Makes a client.");
          body(() -> media("application/json", CLIENT + ".new"));
          object(
              "responses",
              () -> {
                answer(
                    "201",
                    "With its secret, which is not shown again; Location says where it is.",
                    false,
                    () -> ref(CLIENT + ".secret"));
                refusals("400", "401", "409", "413", "422");
              });
        });
  }

  private void id() throws IOException {
    object(() -> {
      text("name", "id");
      text("in", "path");
      json.writeBooleanField("required", true);
      text("description", "The client's id, as OAuth has it.");
      object("schema", () -> text("type", "string"));
    });
  }

  private void client() throws IOException {
    answer("200", "The client as it is then.", false, () -> ref(CLIENT));
  }

  private void one() throws IOException {
    array("parameters", this::id);
    object(
        "get",
        () -> {
          operation(TAG, "clients_get", "One client.");
          object(
              "responses",
              () -> {
                client();
                refusals("401", "404");
              });
        });
    object(
        "patch",
        () -> {
          operation(TAG, "clients_patch", "Changes it, from the next request on.");
          body(() -> media("application/merge-patch+json", CLIENT + ".patch"));
          object(
              "responses",
              () -> {
                client();
                refusals("400", "401", "404", "413", "422");
              });
        });
    object(
        "delete",
        () -> {
          operation(TAG, "clients_delete", "Takes it away; all that it was given has ended.");
          object(
              "responses",
              () -> {
                object("204", () -> text("description", "It is gone."));
                refusals("401", "404");
              });
        });
  }

  private void secret() throws IOException {
    array(
        "parameters",
        () -> {
          id();
          object(() -> {
            text("name", "overlap");
            text("in", "query");
            text("description", "For so many seconds the secret before counts as well.");
            object(
                "schema",
                () -> {
                  text("type", "integer");
                  json.writeNumberField("minimum", 0);
                  json.writeNumberField("maximum", 2_592_000);
                  json.writeNumberField("default", 86_400);
                });
          });
        });
    object(
        "post",
        () -> {
          operation(TAG, "clients_secret", "Gives another secret.");
          object(
              "responses",
              () -> {
                answer("200", "With its secret.", false, () -> ref(CLIENT + ".secret"));
                refusals("400", "401", "404", "409");
              });
        });
  }

  void schemas() throws IOException {
    object("unisono.Client", () -> shown(false));
    object("unisono.Client.secret", () -> shown(true));
    object(
        "unisono.Client.new",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          names("required", "name", "scopes");
          object("properties", this::settings);
        });
    object(
        "unisono.Client.patch",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          object("properties", this::settings);
        });
  }

  private void settings() throws IOException {
    object(
        "name",
        () -> {
          described("string", "For people.");
          json.writeNumberField("maxLength", 100);
        });
    object(
        "type",
        () -> {
          described("string", "Whether it can keep a secret.");
          names("enum", "confidential", "public");
        });
    texts("redirectUris", "Where browsers are sent back to, to the letter.");
    object(
        "grantTypes",
        () -> {
          described("array", "How it is given tokens.");
          object(
              "items",
              () -> {
                text("type", "string");
                names("enum", "client_credentials", "authorization_code", "refresh_token");
              });
        });
    texts("scopes", "What its tokens are good for at most, such as `customer:read`.");
    texts("roles", "What it is by itself, where it asks for nobody.");
    object(
        "claims",
        () -> {
          described("object", "What conditions may ask of it then.");
          object("additionalProperties", () -> text("type", "string"));
        });
    property("tier", "string", "Who is served first.");
    property("disabled", "boolean", "Whether it, and all that it was given, counts no more.");
  }

  private void texts(String name, String description) throws IOException {
    object(
        name,
        () -> {
          described("array", description);
          object("items", () -> text("type", "string"));
        });
  }

  private void shown(boolean secret) throws IOException {
    text("type", "object");
    names("required", "id", "name", "type");
    object(
        "properties",
        () -> {
          property("id", "string", "The client id.");
          settings();
          object("created", this::time);
          object(
              "secrets",
              () -> {
                described("array", "Those that count, the newest first: `created`, `ends`.");
                object("items", () -> text("type", "object"));
              });
          if (secret) {
            property("secret", "string", "The client secret; a public client has none.");
          }
        });
  }
}
