package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** Parameters and headers that the paths of an OpenAPI document refer to. For one thread. */
final class OpenApiParameters extends OpenApiPart {
  OpenApiParameters(JsonGenerator json) {
    super(json);
  }

  void write() throws IOException {
    object("parameters", this::parameters);
    object(
        "headers",
        () -> {
          header("cursor", "The position of the journal that the answer reflects.", "string");
          header(
              "lag",
              "Seconds from the next change's commit until now; 0.000 where there is none.",
              "number");
          header(
              "stale",
              "Seconds since the system was followed last that the records are read from; only where"
                  + " it is away.",
              "number");
        });
  }

  private void header(String name, String description, String type) throws IOException {
    object(
        name,
        () -> {
          text("description", description);
          object("schema", () -> text("type", type));
        });
  }

  private void parameters() throws IOException {
    parameter(
        "or",
        "query",
        "One of these conditions holds at least, as in"
            + " or=(country=DE,and(balance[gt]=1000,name[null]=false)).");
    parameter("and", "query", "All of these conditions hold.");
    parameter("sort", "query", "Fields with commas between, - before one for descending.");
    parameter("fields", "query", "These fields alone, with commas between.");
    parameter(
        "embed", "query", "Relations, with commas between, whose records stand in _embedded.");
    parameter(
        "idempotencyKey",
        "Idempotency-Key",
        "header",
        "Names the request: sent again under this name it is answered as before, and done once.");
    parameter(
        "prefer", "Prefer", "header", "return=minimal leaves the record out; wait=N, in seconds.");
    object(
        "limit",
        () -> {
          named("limit", "query", "How many at most.");
          limit(50);
        });
    parameter("after", "query", "The `next` of the page at hand.");
    object(
        "placeAfter",
        () -> {
          named("after", "query", "The `next` of the page at hand.");
          object("schema", () -> text("type", "integer"));
        });
    object(
        "placeLimit",
        () -> {
          named("limit", "query", "How many at most.");
          limit(100);
        });
    parameter("before", "query", "The `prev` of the page at hand.");
    object(
        "total",
        () -> {
          named("total", "query", "Whether all that fulfil the conditions are counted.");
          object("schema", () -> text("type", "boolean"));
        });
    object(
        "cursor",
        () -> {
          named(
              "after",
              "query",
              "The cursor to go on after; Last-Event-ID is the same as a header.");
          object("schema", () -> text("type", "string"));
        });
    object(
        "snapshot",
        () -> {
          named("snapshot", "query", "Whether all records come first.");
          object("schema", () -> text("type", "boolean"));
        });
    parameter(
        "filter", "query", "A condition in CEL on the record, such as record.country == 'DE'.");
    parameter("payload", "query", "full, or key for events without the record.");
    parameter("format", "query", "plain, or cloudevents.");
    object(
        "conflate",
        () -> {
          named(
              "conflate", "query", "Whether a slow client gets one event for several of a record.");
          object("schema", () -> text("type", "boolean"));
        });
    parameter("consumer", "query", "The name under which the server keeps how far this caller is.");
    parameter(
        "webhookId",
        "webhook-id",
        "header",
        "Names the message, the same at each attempt: what was taken under it is not done again.");
    parameter(
        "webhookTimestamp",
        "webhook-timestamp",
        "header",
        "When this attempt was signed, in seconds of Unix time.");
    parameter(
        "webhookSignature",
        "webhook-signature",
        "header",
        "v1,… with blanks between several: HMAC-SHA256 over id.timestamp.body, as Standard Webhooks"
            + " 1.0 has it.");
    object(
        "readAfter",
        () -> {
          named("Unisono-After", "header", "A cursor: it is waited until the answer reflects it.");
          object("schema", () -> text("type", "string"));
        });
    object(
        "ifMatch",
        () -> {
          named("If-Match", "header", "The version that the record must have, as its ETag.");
          object("schema", () -> text("type", "string"));
        });
    object(
        "ifNoneMatch",
        () -> {
          named("If-None-Match", "header", "The versions that the caller has.");
          object("schema", () -> text("type", "string"));
        });
  }

  private void limit(int usual) throws IOException {
    object(
        "schema",
        () -> {
          text("type", "integer");
          json.writeNumberField("minimum", 1);
          json.writeNumberField("maximum", 1_000);
          json.writeNumberField("default", usual);
        });
  }

  private void parameter(String name, String in, String description) throws IOException {
    parameter(name, name, in, description);
  }

  private void parameter(String component, String name, String in, String description)
      throws IOException {
    object(
        component,
        () -> {
          named(name, in, description);
          object("schema", () -> text("type", "string"));
        });
  }

  private void named(String name, String in, String description) throws IOException {
    text("name", name);
    text("in", in);
    text("description", description);
  }
}
