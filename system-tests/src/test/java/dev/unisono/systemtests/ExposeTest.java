package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A database has an API, with what is in it and with what changes, by one word of config. */
final class ExposeTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private HttpResponse<String> send(
      ServerProcess server, int port, String method, String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Authorization", "Bearer " + server.token())
            .header("Content-Type", "application/json")
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  private HttpResponse<String> soap(ServerProcess server, int port) throws Exception {
    String envelope =
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><GetCustomer"
            + " xmlns=\"https://unisono.dev/soap/v1/customers\"><id>2</id></GetCustomer></s:Body>"
            + "</s:Envelope>";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/soap/customers"))
            .timeout(LIMIT)
            .POST(BodyPublishers.ofString(envelope))
            .header("Authorization", "Bearer " + server.token())
            .header("Content-Type", "text/xml")
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  private JsonNode get(ServerProcess server, int port, String path) throws Exception {
    HttpResponse<String> response = send(server, port, "GET", path, "");
    assertEquals(200, response.statusCode(), response.body());
    return ExactJson.parse(response.body());
  }

  @Test
  void aDatabaseHasAnApiThoughNoEntityIsWritten(
      @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, since DATE)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id),"
            + " amount DECIMAL(10,2))",
        "CREATE TABLE notes (line TEXT)",
        "INSERT INTO customers VALUES (1, 'Ada', '2020-02-29'), (2, 'Grace', NULL)",
        "INSERT INTO orders VALUES (10, 1, '12.75'), (11, 1, '1.00'), (12, NULL, '7')");
    String config =
        """
        systems:
          shop: { connector: sqlite, file: %s, expose: true }
        """
            .formatted(files.file("shop"));
    int port = ServerProcess.freePort();
    try (ServerProcess server = files.serve(port, config)) {
      Eventually.isTrue(
          LIMIT,
          "all is read",
          () -> get(server, port, "/v1/orders?total=true").path("total").asInt() == 3);
      JsonNode list =
          get(server, port, "/v1/orders?customer=1&sort=-amount&embed=customer&fields=id,amount");
      assertEquals("12.75", list.at("/items/0/amount").asText());
      assertEquals("Ada", list.at("/items/0/_embedded/customer/name").asText());
      JsonNode ada = get(server, port, "/v1/customers/1?embed=orders");
      assertEquals("2020-02-29", ada.path("since").asText());
      assertEquals(11, ada.at("/_embedded/orders/items/1/id").asInt(), ada.toString());
      assertTrue(ada.at("/_embedded/orders/next").isNull());
      assertTrue(get(server, port, "/v1/openapi.json").path("paths").has("/v1/customers/{key}"));

      // SQLite keeps such amounts as floating point numbers: they are decimals all the same.
      HttpResponse<String> paid =
          send(server, port, "PATCH", "/v1/orders/12", "{\"amount\":\"1.10\"}");
      assertEquals(200, paid.statusCode(), paid.body());
      assertEquals("1.1", ExactJson.parse(paid.body()).path("amount").asText());
      assertEquals(
          "real,1.1\n",
          files.rows("shop", "SELECT typeof(amount), amount FROM orders WHERE id = 12"));
      HttpResponse<String> unkept =
          send(server, port, "PATCH", "/v1/orders/12", "{\"amount\":\"12345678901234567.89\"}");
      assertEquals(422, unkept.statusCode(), unkept.body());
      assertEquals("refused-by-owner", ExactJson.parse(unkept.body()).path("code").asText());

      // What is written by a door is there, and what is written there is told.
      HttpRequest stream =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/changes/customers"))
              .header("Authorization", "Bearer " + server.token())
              .build();
      try (Stream<String> lines = http.send(stream, BodyHandlers.ofLines()).body()) {
        Iterator<String> events = lines.iterator();
        assertTrue(events.next().startsWith(": hello"));
        HttpResponse<String> made =
            send(server, port, "POST", "/v1/customers", "{\"name\":\"Joan\"}");
        assertEquals(201, made.statusCode(), made.body());
        files.execute("shop", "UPDATE customers SET name = 'Grace Hopper' WHERE id = 2");
        assertEquals("Joan", next(events).at("/record/name").asText());
        assertEquals("Grace Hopper", next(events).at("/record/name").asText());
      }
      assertEquals("Joan\n", files.rows("shop", "SELECT name FROM customers WHERE id = 3"));
      assertTrue(
          Files.readString(folder.resolve("server.log")).contains("table-without-key"),
          "what is left out is told");
    }

    // The database is away: what is held is served, and said to be old.
    Files.move(files.file("shop"), folder.resolve("gone.db"));
    try (ServerProcess server = files.serve(port, config)) {
      HttpResponse<String> held = send(server, port, "GET", "/v1/customers/2", "");
      assertEquals(200, held.statusCode(), held.body());
      assertEquals("Grace Hopper", ExactJson.parse(held.body()).path("name").asText());
      double stale = Double.parseDouble(held.headers().firstValue("Unisono-Stale").orElseThrow());
      assertTrue(stale >= 0, "it was followed before the restart");
      HttpResponse<String> graph =
          send(
              server,
              port,
              "POST",
              "/v1/graphql",
              "{\"query\":\"{ customer(id: 2) { name } customers { items { id } } }\"}");
      assertTrue(graph.body().contains("Grace Hopper"), graph.body());
      String told = graph.headers().firstValue("Unisono-Stale").orElseThrow();
      assertTrue(Double.parseDouble(told) >= stale, "it has only become older");
      assertEquals(
          told,
          ExactJson.parse(graph.body()).path("extensions").path("stale").asText(),
          "told twice");
      HttpResponse<String> soap = soap(server, port);
      assertTrue(soap.body().contains("Grace Hopper"), soap.body());
      assertTrue(soap.headers().firstValue("Unisono-Stale").isPresent(), "SOAP says so, too");
      Files.move(folder.resolve("gone.db"), files.file("shop"));
      Eventually.isTrue(
          LIMIT,
          "it is followed again",
          () ->
              send(server, port, "GET", "/v1/customers/2", "")
                  .headers()
                  .firstValue("Unisono-Stale")
                  .isEmpty());
      assertTrue(soap(server, port).headers().firstValue("Unisono-Stale").isEmpty());
    }
  }

  @Test
  void soHasAPostgresWithSeveralSchemas(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    try (PostgresServer database = PostgresServer.temporary()) {
      database.createDatabase("shop");
      try (Connection connection = database.connect("shop");
          Statement statement = connection.createStatement()) {
        for (String each :
            List.of(
                "CREATE SCHEMA sales",
                "CREATE TYPE mood AS ENUM ('glad', 'sad')",
                "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                    + " name text NOT NULL, mood mood, tags text[], extra jsonb, loud text GENERATED"
                    + " ALWAYS AS (upper(name)) STORED)",
                "CREATE TABLE sales.customers (code varchar(10) PRIMARY KEY)",
                "CREATE TABLE sales.orders (shop int, number int, customer bigint NOT NULL REFERENCES"
                    + " public.customers, paid numeric(12, 2), at timestamptz DEFAULT now(),"
                    + " PRIMARY KEY (shop, number))",
                "CREATE TABLE sales.lines (shop int, number int, line int, PRIMARY KEY (shop, number,"
                    + " line), FOREIGN KEY (number, shop) REFERENCES sales.orders (number, shop))",
                "INSERT INTO customers (name, mood, tags, extra) VALUES ('Ada', 'glad', '{a,b}',"
                    + " '{\"x\":1}')",
                "INSERT INTO sales.orders VALUES (1, 7, 1, 12.50)",
                "INSERT INTO sales.lines VALUES (1, 7, 1), (1, 7, 2)")) {
          statement.execute(each);
        }
      }
      Path password = folder.resolve("password");
      Files.createFile(
          password,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(password, database.password());
      int port = ServerProcess.freePort();
      String config =
          """
          systems:
            shop:
              connector: postgres
              url: "%s"
              user: %s
              password: "${file:%s}"
              expose: { tables: [ "public.*", "sales.*" ] }
          """
              .formatted(database.jdbcUrl("shop"), database.user(), password);
      try (ServerProcess server = new SqliteFiles(folder).serve(port, config)) {
        Eventually.isTrue(
            LIMIT,
            "all is read",
            () -> get(server, port, "/v1/lines?total=true").path("total").asInt() == 2);
        JsonNode ada = get(server, port, "/v1/customers/1?embed=orders");
        assertEquals("glad", ada.path("mood").asText());
        assertEquals("b", ada.at("/tags/1").asText());
        assertEquals(1, ada.at("/extra/x").asInt());
        assertEquals("12.50", ada.at("/_embedded/orders/items/0/paid").asText(), ada.toString());
        assertEquals(0, get(server, port, "/v1/sales_customers").path("items").size());
        JsonNode line = get(server, port, "/v1/lines/1,7,2?embed=order");
        assertEquals(1, line.at("/_embedded/order/customer").asInt(), line.toString());
        JsonNode order = get(server, port, "/v1/orders/1,7?embed=lines");
        assertEquals(2, order.at("/_embedded/lines/items").size(), order.toString());
        HttpResponse<String> made =
            send(server, port, "POST", "/v1/customers", "{\"name\":\"Joan\"}");
        assertEquals(201, made.statusCode(), made.body());
        assertEquals("2", ExactJson.parse(made.body()).path("id").asText());
      }
    }
  }

  private static JsonNode next(Iterator<String> lines) {
    while (true) {
      String line = lines.next();
      if (line.startsWith("data: ")) {
        return ExactJson.parse(line.substring(6));
      }
    }
  }
}
