package dev.unisono.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.server.http.Answers;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The doors' description is one by the specification's own schema, and of the entities. */
final class OpenApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Entity CUSTOMER =
      new Entity(
          1,
          "customers",
          new Schema(
              "customer",
              List.of(
                  new Field("id", ValueType.LONG, true),
                  new Field("name", ValueType.STRING, true),
                  new Field("balance", ValueType.DECIMAL, false),
                  new Field("extra", ValueType.JSON, false)),
              List.of("id")),
          List.of(
              new EntityField("id", ValueType.LONG, true, false, "{\"type\":\"integer\"}"),
              new EntityField("name", ValueType.STRING, true, false, "{\"type\":\"string\"}"),
              new EntityField("balance", ValueType.DECIMAL, false, true, "{\"type\":\"number\"}"),
              new EntityField("extra", ValueType.JSON, false, false, "{\"$ref\":\"#/$defs/e\"}")),
          Set.of("id", "name"),
          true);
  private static final Entity ORDER =
      new Entity(
          2,
          "orders",
          new Schema(
              "Order line/ü",
              List.of(
                  new Field("tenant", ValueType.LONG, true),
                  new Field("number", ValueType.STRING, true)),
              List.of("tenant", "number")),
          List.of(
              new EntityField("tenant", ValueType.LONG, true, false, "{\"type\":\"integer\"}"),
              new EntityField("number", ValueType.STRING, true, false, "{\"type\":\"string\"}")),
          Set.of("tenant", "number"),
          true);
  private static final Entity HIDDEN =
      new Entity(
          3,
          "secrets",
          new Schema("secret", List.of(new Field("id", ValueType.LONG, true)), List.of("id")),
          List.of(new EntityField("id", ValueType.LONG, true, false, "{}")),
          Set.of("id"),
          false);

  private static String document() {
    return new String(
        Answers.bytes(json -> OpenApi.write(json, List.of(CUSTOMER, ORDER, HIDDEN), "1")),
        StandardCharsets.UTF_8);
  }

  private static JsonNode read() throws IOException {
    return JSON.readTree(document());
  }

  @Test
  void isWhatTheSpecificationCallsOne() throws IOException {
    try (InputStream specified =
        OpenApiTest.class.getResourceAsStream("/spec.openapis.org/oas/3.1/schema/2022-10-07")) {
      String schema =
          new String(Objects.requireNonNull(specified).readAllBytes(), StandardCharsets.UTF_8);
      com.networknt.schema.Schema openApi =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
              .getSchema(schema, InputFormat.JSON);
      assertEquals(List.of(), openApi.validate(document(), InputFormat.JSON));
      assertFalse(openApi.validate("{\"openapi\":\"3.1.0\"}", InputFormat.JSON).isEmpty());
    }
  }

  @Test
  void leadsNowhereElse() throws IOException {
    JsonNode document = read();
    List<JsonNode> refs = document.findValues("$ref");
    assertTrue(refs.size() > 20, refs::toString);
    for (JsonNode ref : refs) {
      String to = ref.asText();
      assertTrue(to.startsWith("#/"), to);
      assertFalse(document.at(to.substring(1)).isMissingNode(), to);
    }
    List<String> operations = document.findValuesAsText("operationId");
    assertEquals(operations.size(), new HashSet<>(operations).size(), operations::toString);
    for (String name : new String[] {"schemas", "parameters", "responses", "headers"}) {
      List<String> names = new ArrayList<>();
      document.path("components").path(name).fieldNames().forEachRemaining(names::add);
      assertTrue(names.stream().allMatch(each -> each.matches("[a-zA-Z0-9._-]+")), names::toString);
      List<String> unused =
          names.stream()
              .filter(each ->
                  refs.stream()
                      .noneMatch(ref -> ref.asText().equals("#/components/" + name + "/" + each)))
              .toList();
      assertEquals(List.of(), unused);
    }
  }

  @Test
  void isOfTheEntitiesThatAreServed() throws IOException {
    JsonNode document = read();
    Set<String> paths = new HashSet<>();
    document.path("paths").fieldNames().forEachRemaining(paths::add);
    assertEquals(
        Set.of(
            "/v1/customers",
            "/v1/customers/{key}",
            "/v1/changes/customers",
            "/v1/orders",
            "/v1/orders/{key}",
            "/v1/changes/orders",
            "/v1/consumers",
            "/v1/consumers/{name}",
            "/v1/admin/webhooks",
            "/v1/admin/webhooks/{id}",
            "/v1/admin/webhooks/{id}/secret",
            "/v1/admin/webhooks/{id}/enable",
            "/v1/admin/webhooks/{id}/replay",
            "/v1/admin/webhooks/{id}/deliveries",
            "/v1/admin/clients",
            "/v1/admin/clients/{id}",
            "/v1/admin/clients/{id}/secret",
            "/hooks/{system}",
            "/v1/admin/keys",
            "/v1/admin/keys/{name}",
            "/v1/admin/keys/{name}/rotate",
            "/v1/admin/users",
            "/v1/admin/users/{name}",
            "/v1/admin/users/{name}/reset",
            "/v1/admin/sessions",
            "/v1/admin/sessions/{id}",
            "/v1/admin/audit",
            "/v1/admin/audit/verify",
            "/v1/sign-in",
            "/v1/sign-in/password",
            "/v1/sign-out",
            "/v1/me",
            "/v1/me/password",
            "/v1/me/totp",
            "/v1/me/totp/confirm",
            "/v1/me/totp/remove",
            "/v1/me/recovery-codes"),
        paths);
    JsonNode customer = document.at("/components/schemas/customer/properties");
    assertEquals("integer", customer.at("/id/type").asText());
    assertEquals("number", customer.at("/balance/anyOf/0/type").asText());
    assertEquals("null", customer.at("/balance/anyOf/1/type").asText());
    // What the config says by a reference into its own schema is not repeated.
    assertTrue(customer.at("/extra/anyOf/0").has("description"));
    assertFalse(document.at("/components/schemas/customer.patch/properties").has("id"));
    List<String> conditions =
        document.at("/paths/~1v1~1customers/get/parameters").findValuesAsText("name");
    assertEquals(List.of("id", "name"), conditions);
  }

  @Test
  void tellsWhatEndpointsAreSent() throws IOException {
    JsonNode document = read();
    Set<String> sent = new HashSet<>();
    document.path("webhooks").fieldNames().forEachRemaining(sent::add);
    assertEquals(Set.of("customer", "Order line/ü", "unisono.gap"), sent);
    JsonNode customer = document.at("/webhooks/customer/post");
    List<String> headers = new ArrayList<>();
    for (JsonNode parameter : customer.path("parameters")) {
      JsonNode header = document.at(parameter.path("$ref").asText().substring(1));
      assertEquals("header", header.path("in").asText());
      headers.add(header.path("name").asText());
    }
    assertEquals(List.of("webhook-id", "webhook-timestamp", "webhook-signature"), headers);
    JsonNode told = document.at("/components/schemas/customer.told/properties");
    assertEquals("customer.created", told.at("/type/enum/0").asText());
    assertEquals("#/components/schemas/customer.event", told.at("/data/$ref").asText());
    assertEquals(
        "#/components/schemas/customer",
        document.at("/components/schemas/customer.event/properties/record/$ref").asText());
    // Who brings something has no token, but signs it.
    assertTrue(document.at("/paths/~1hooks~1{system}/post/security").isEmpty());
    assertTrue(document.at("/paths/~1hooks~1{system}/post/security").isArray());
  }

  /** Format 2.1 of Postman has no schema among our packages; its members are checked here. */
  @Test
  void theSameIsACollection() throws IOException {
    JsonNode collection =
        JSON.readTree(
            Answers.bytes(json ->
                PostmanCollection.write(
                    json, List.of(CUSTOMER, ORDER, HIDDEN), "http://127.0.0.1:1")));
    Set<String> described = new HashSet<>();
    read()
        .path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .fieldNames()
                .forEachRemaining(method -> described.add(method + " " + path.getKey())));
    List<JsonNode> requests = new ArrayList<>();
    collection.path("item").forEach(folder -> folder.path("item").forEach(requests::add));
    assertEquals(12, requests.size());
    for (JsonNode each : requests) {
      JsonNode request = each.path("request");
      String raw = request.at("/url/raw").asText();
      String path = raw.replace("{{address}}", "").replace(":key", "{key}").split("\\?", 2)[0];
      assertTrue(
          described.contains(request.path("method").asText().toLowerCase(Locale.ROOT) + " " + path),
          raw);
      if (!request.path("body").isMissingNode()) {
        JsonNode body = JSON.readTree(request.at("/body/raw").asText());
        assertTrue(body.isObject(), body::toString);
      }
    }
    assertEquals("http://127.0.0.1:1", collection.at("/variable/0/value").asText());
  }
}
