package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** The consumers' positions in an OpenAPI document. For one thread. */
final class OpenApiConsumers extends OpenApiPart {
  /** No entity has such a name. */
  static final String TAG = "unisono.consumers";

  private static final String CONSUMER = "schemas/unisono.Consumer";

  OpenApiConsumers(JsonGenerator json) {
    super(json);
  }

  void paths() throws IOException {
    object(
        "/v1/consumers",
        () ->
            object(
                "get",
                () -> {
                  operation(TAG, "consumers_list", "The caller's consumers.");
                  object(
                      "responses",
                      () -> {
                        answer("200", "All of them.", false, () -> list(CONSUMER));
                        refusals("401");
                      });
                }));
    object("/v1/consumers/{name}", this::one);
  }

  private void one() throws IOException {
    array(
        "parameters",
        () -> path("name", "1 to 100 letters, digits, dots, hyphens and underscores.", "string"));
    object(
        "get",
        () -> {
          operation(TAG, "consumers_get", "How far a consumer is.");
          object(
              "responses",
              () -> {
                answer("200", "The consumer.", false, () -> ref(CONSUMER));
                refusals("401", "404");
              });
        });
    object(
        "put",
        () -> {
          operation(TAG, "consumers_put", "Sets a consumer's position, also back.");
          body(() -> media("application/json", "schemas/unisono.Position"));
          object(
              "responses",
              () -> {
                answer("200", "The consumer.", false, () -> ref(CONSUMER));
                refusals("400", "401", "409", "410", "413");
              });
        });
    object(
        "delete",
        () -> {
          operation(TAG, "consumers_delete", "Forgets a consumer.");
          object(
              "responses",
              () -> {
                object("204", () -> text("description", "It is forgotten."));
                refusals("401", "404");
              });
        });
  }

  void schemas() throws IOException {
    object(
        "unisono.Position",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          names("required", "cursor");
          object(
              "properties",
              () -> object("cursor", () -> described("string", "A position of the journal.")));
        });
    object(
        "unisono.Consumer",
        () -> {
          text("type", "object");
          names("required", "name", "cursor", "held", "behind", "changed");
          object(
              "properties",
              () -> {
                object("name", () -> text("type", "string"));
                object("cursor", () -> described("string", "Everything up to there is done with."));
                object(
                    "held",
                    () -> described("boolean", "Whether the journal still has what follows."));
                object("behind", () -> described("integer", "In entries of the journal."));
                object("changed", this::time);
              });
        });
  }
}
