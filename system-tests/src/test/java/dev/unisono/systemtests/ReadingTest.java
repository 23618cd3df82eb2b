package dev.unisono.systemtests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Records are read by HTTP as its rules and ours have it, whatever is asked. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReadingTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int ITEMS = 300;
  private static final List<String> CITIES = List.of("Berlin", "Paris", "Rome, old", "Zürich");

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Path folder;
  private ServerProcess server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path temporary) throws Exception {
    folder = temporary;
    fill();
    int port = ServerProcess.freePort();
    Path config = folder.resolve("unisono.yaml");
    Files.writeString(
        config,
        """
        server: { port: %d }
        state: { folder: %s }
        systems:
          shop: { connector: sqlite, file: %s }
        entities:
          item:
            key: id
            index: [city, amount]
            schema:
              properties:
                id: { type: integer }
                city: { type: string }
                amount: { type: string, format: decimal }
                note: { type: string }
          seat:
            key: [hall, number]
            cache-control: { max-age: 5s }
            schema:
              properties:
                hall: { type: string }
                number: { type: integer }
        syncs:
          items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
          seats: { entity: seat, members: [{ system: shop, table: seats, direction: read }] }
        """
            .formatted(port, folder.resolve("state"), folder.resolve("shop.db")));
    server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of());
    server.awaitReady(LIMIT, () -> false);
    Eventually.isTrue(
        LIMIT, "all items", () -> json("/v1/items?total=true").path("total").asInt() == ITEMS);
    Eventually.isTrue(
        LIMIT, "all seats", () -> json("/v1/seats?total=true").path("total").asInt() == 9);
  }

  private Connection shop() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:sqlite:" + folder.resolve("shop.db") + "?busy_timeout=30000");
  }

  private void fill() throws SQLException {
    try (Connection connection = shop();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute(
          "CREATE TABLE items (id INTEGER PRIMARY KEY, city TEXT, amount TEXT, note TEXT)");
      statement.execute(
          "CREATE TABLE seats (hall TEXT, number INTEGER, PRIMARY KEY (hall, number))");
      for (int id = 0; id < ITEMS; id++) {
        statement.execute(
            "INSERT INTO items VALUES (%d, %s, %s, '%s')"
                .formatted(
                    id,
                    city(id) == null ? "NULL" : "'" + city(id) + "'",
                    id % 7 == 0 ? "NULL" : "'" + amount(id) + "'",
                    "note " + id));
      }
      for (String hall : List.of("A", "A,B", "Ä/x")) {
        for (int number = -1; number < 2; number++) {
          statement.execute("INSERT INTO seats VALUES ('" + hall + "', " + number + ")");
        }
      }
    }
  }

  private static @Nullable String city(int id) {
    return id % 5 == 4 ? null : CITIES.get(id % 5);
  }

  private static String amount(int id) {
    return (id * 37 % 100 - 50) + ".50";
  }

  @AfterAll
  void stop() {
    http.shutdownNow();
    if (server != null) {
      server.close();
    }
  }

  private HttpRequest.Builder request(String path) {
    return server.request(path);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws Exception {
    HttpResponse<String> answer = get(path);
    assertEquals(200, answer.statusCode(), () -> path + ": " + answer.body());
    return ExactJson.parse(answer.body());
  }

  private static String coded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  private static List<Integer> ids(JsonNode page) {
    List<Integer> ids = new ArrayList<>();
    page.path("items").forEach(item -> ids.add(item.path("id").asInt()));
    return ids;
  }

  private void assertFound(String parameters, IntPredicate wanted) throws Exception {
    JsonNode page = json("/v1/items?limit=1000&total=true&" + parameters);
    List<Integer> expected = IntStream.range(0, ITEMS).filter(wanted).boxed().toList();
    assertEquals(expected, ids(page), parameters);
    assertEquals(expected.size(), page.path("total").asInt(), parameters);
    assertFalse(expected.isEmpty(), parameters);
  }

  @Test
  void conditionsFindWhatTheySay() throws Exception {
    assertFound("city=Berlin", id -> id % 5 == 0);
    assertFound("city%5Bne%5D=Berlin", id -> id % 5 != 0);
    assertFound("city%5Bnull%5D=true", id -> city(id) == null);
    assertFound("city%5Bin%5D=" + coded("Paris,\"Rome, old\""), id -> id % 5 == 1 || id % 5 == 2);
    assertFound("city%5Bnin%5D=" + coded("Paris,\"Rome, old\""), id -> id % 5 != 1 && id % 5 != 2);
    assertFound("city%5Blike%5D=" + coded("Z*ri*"), id -> id % 5 == 3);
    assertFound("id%5Bgte%5D=100&id%5Blt%5D=110", id -> id >= 100 && id < 110);
    // As decimals and not as text, and without those that have none.
    assertFound("amount%5Blt%5D=-9", id -> id % 7 != 0 && Double.parseDouble(amount(id)) < -9);
    assertFound(
        "or=" + coded("(id=3,and(city=Zürich,amount[gt]=20.5,id[lt]=200),amount[null]=true)"),
        id ->
            id == 3
                || id % 7 == 0
                || (id % 5 == 3 && id < 200 && Double.parseDouble(amount(id)) > 20.5));
  }

  @Test
  void pagesLeadForthAndBackByTheirLinks() throws Exception {
    String first = "/v1/items?sort=-amount,city&limit=40&total=true&" + "id%5Bgt%5D=" + 9;
    List<List<Integer>> forth = new ArrayList<>();
    String path = first;
    HttpResponse<String> answer = get(path);
    while (true) {
      JsonNode page = ExactJson.parse(answer.body());
      assertEquals(290, page.path("total").asInt());
      assertEquals("290", header(answer, "Unisono-Total"));
      assertEquals(page.has("next"), link(answer, "next") != null);
      assertEquals(page.has("prev"), link(answer, "prev") != null);
      forth.add(ids(page));
      String next = link(answer, "next");
      if (next == null) {
        break;
      }
      answer = get(next);
    }
    assertEquals(8, forth.size());
    assertEquals(
        IntStream.range(10, ITEMS).boxed().toList(),
        forth.stream().flatMap(List::stream).sorted().toList());
    List<List<Integer>> back = new ArrayList<>();
    String previous = link(answer, "prev");
    while (previous != null) {
      answer = get(previous);
      back.add(0, ids(ExactJson.parse(answer.body())));
      previous = link(answer, "prev");
    }
    assertEquals(forth.subList(0, 7), back);
  }

  private static @Nullable String link(HttpResponse<String> answer, String relation) {
    Matcher link =
        Pattern.compile("<([^>]*)>; rel=\"" + relation + "\"").matcher(header(answer, "Link"));
    return link.find() ? link.group(1) : null;
  }

  @Test
  void keysOfSeveralPartsAreFilteredAndPaged() throws Exception {
    JsonNode page = json("/v1/seats?sort=-number&limit=4&hall%5Blike%5D=A*");
    assertEquals("[A,B 1, A 1, A,B 0, A 0]", seats(page));
    JsonNode next =
        json(
            "/v1/seats?sort=-number&limit=4&hall%5Blike%5D=A*&after=" + page.path("next").asText());
    assertEquals("[A,B -1, A -1]", seats(next));
    HttpResponse<String> one = get("/v1/seats/A%2CB,-1");
    assertEquals("{\"hall\":\"A,B\",\"number\":-1}", one.body());
    assertEquals("{\"number\":0}", get("/v1/seats/%C3%84%2Fx,0?fields=number").body());
  }

  private static String seats(JsonNode page) {
    List<String> seats = new ArrayList<>();
    page.path("items")
        .forEach(
            seat -> seats.add(seat.path("hall").asText() + " " + seat.path("number").asText()));
    return seats.toString();
  }

  @Test
  void fieldsThatAreNotAskedForAreNotAnswered() throws Exception {
    assertEquals(
        "{\"items\":[{\"city\":\"Berlin\",\"note\":\"note 0\"}]}",
        get("/v1/items?id=0&fields=note,city").body());
    assertEquals("{\"id\":4,\"city\":null}", get("/v1/items/4?fields=city,id").body());
    HttpResponse<String> unknown = get("/v1/items/4?fields=ctiy");
    assertEquals(400, unknown.statusCode());
    assertTrue(unknown.body().contains("'city'"), unknown.body());
  }

  @Test
  void aRecordThatTheCallerHasIsNotSentAgain() throws Exception {
    HttpResponse<String> first = get("/v1/items/7");
    String tag = header(first, "ETag");
    assertTrue(tag.matches("\"[0-9]+\""), tag);
    assertEquals("private, no-cache", header(first, "Cache-Control"));
    assertEquals("Authorization, Cookie, Unisono-After", header(first, "Vary"));
    ZonedDateTime modified =
        ZonedDateTime.parse(header(first, "Last-Modified"), DateTimeFormatter.RFC_1123_DATE_TIME);
    assertFalse(modified.toInstant().isAfter(Instant.now()));
    for (String had : List.of(tag, "W/" + tag, "\"x\", " + tag, "*", "\"a,b\",W/" + tag + " ,")) {
      HttpResponse<String> same = conditional(had);
      assertEquals(304, same.statusCode(), had);
      assertEquals("", same.body());
      for (String name : List.of("ETag", "Cache-Control", "Vary", "Last-Modified")) {
        assertEquals(header(first, name), header(same, name), name);
      }
      assertFalse(header(same, "Unisono-Cursor").isEmpty());
    }
    assertEquals(200, conditional("\"x\"").statusCode());
    assertEquals(400, conditional("x" + tag).statusCode());
    try (Connection connection = shop();
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE items SET note = 'another' WHERE id = 7");
    }
    Eventually.isTrue(LIMIT, "the new note", () -> get("/v1/items/7").body().contains("another"));
    assertEquals(200, conditional(tag).statusCode());
    assertEquals("private, max-age=5", header(get("/v1/seats/A,0"), "Cache-Control"));
    assertEquals("private, max-age=5", header(get("/v1/seats"), "Cache-Control"));
    assertEquals("no-store", header(get("/v1/items/9999"), "Cache-Control"));
    assertEquals("no-store", header(get("/v1/admin/status"), "Cache-Control"));
  }

  private HttpResponse<String> conditional(String tags) throws Exception {
    return http.send(
        request("/v1/items/7").header("If-None-Match", tags).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aSlashAtTheEndLeadsToThePathWithout() throws Exception {
    for (String path :
        List.of("/v1/items", "/v1/items/7", "/v1/changes", "/v1/admin/status", "/v1/nothing")) {
      HttpResponse<String> answer = get(path + "/?a=%5B&b");
      assertEquals(308, answer.statusCode(), path);
      assertEquals(path + "?a=%5B&b", header(answer, "Location"));
    }
    assertEquals("/v1/items", header(get("/v1/items//"), "Location"));
    String away = raw("GET //example.org/../v1/items/ HTTP/1.1", "");
    assertFalse(away.contains("example.org/"), away);
  }

  @Test
  void eachPathTellsItsMethods() throws Exception {
    Map<String, String> allowed =
        Map.of(
            "/v1/items", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
            "/v1/items/7", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
            "/v1/changes", "GET, OPTIONS",
            "/v1/changes/items", "GET, OPTIONS",
            "/v1/stream", "GET, OPTIONS",
            "/v1/admin/status", "GET, HEAD, OPTIONS",
            "/v1/admin/reload", "OPTIONS, POST",
            "/v1/admin/dead-letters/1", "DELETE, GET, HEAD, OPTIONS, PATCH");
    for (Map.Entry<String, String> each : allowed.entrySet()) {
      HttpResponse<String> told = method("OPTIONS", each.getKey());
      assertEquals(204, told.statusCode(), each.getKey());
      assertEquals(each.getValue(), header(told, "Allow"), each.getKey());
      HttpResponse<String> refused = method("LOCK", each.getKey());
      assertEquals(405, refused.statusCode(), each.getKey());
      assertEquals(each.getValue(), header(refused, "Allow"), each.getKey());
    }
    assertEquals(
        "application/merge-patch+json", header(method("OPTIONS", "/v1/items/7"), "Accept-Patch"));
    for (String path : List.of("/v1/nothing/1/2", "/v1/admin/nothing", "/v1/stream/1")) {
      assertEquals(404, method("OPTIONS", path).statusCode(), path);
      assertEquals(404, method("LOCK", path).statusCode(), path);
      assertEquals(404, get(path).statusCode(), path);
    }
    HttpRequest nobody =
        HttpRequest.newBuilder(URI.create(server.api() + "/v1/items"))
            .method("OPTIONS", BodyPublishers.noBody())
            .build();
    assertEquals(401, http.send(nobody, HttpResponse.BodyHandlers.ofString()).statusCode());
  }

  private HttpResponse<String> method(String method, String path) throws Exception {
    return http.send(
        request(path).method(method, BodyPublishers.noBody()).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void whatIsNotJsonIsNeitherAnsweredNorTaken() throws Exception {
    Map<String, Integer> accepted = new TreeMap<>();
    for (String accept :
        List.of(
            "application/json",
            "*/*",
            "application/*;q=0.1",
            "text/html, */*;q=0.5",
            "application/json;charset=utf-8",
            "APPLICATION/JSON")) {
      accepted.put(accept, 200);
    }
    for (String accept :
        List.of("text/html", "application/xml", "application/json;q=0, */*", "image/*")) {
      accepted.put(accept, 406);
    }
    for (String accept : List.of("application/json;q=2", "a/b/ c", "\"", "*/*;q=x")) {
      accepted.put(accept, 400);
    }
    for (Map.Entry<String, Integer> each : accepted.entrySet()) {
      for (String path : List.of("/v1/items", "/v1/items/7", "/v1/admin/status")) {
        HttpResponse<String> answer =
            http.send(
                request(path).header("Accept", each.getKey()).build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(each.getValue(), answer.statusCode(), each.getKey() + answer.body());
      }
    }
    HttpResponse<String> patch =
        http.send(
            request("/v1/items/7")
                .header("Content-Type", "text/plain")
                .method("PATCH", BodyPublishers.ofString("x"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertEquals(415, patch.statusCode());
    assertEquals("application/merge-patch+json", header(patch, "Accept-Patch"));
  }

  @Test
  void aHeadHasTheHeadersOfItsGet() throws Exception {
    for (String path :
        List.of("/v1/items?limit=3", "/v1/items/8", "/v1/items/99999", "/v1/seats")) {
      HttpResponse<String> get = get(path);
      HttpResponse<String> head = method("HEAD", path);
      assertEquals("", head.body());
      assertEquals(get.statusCode(), head.statusCode());
      assertEquals(headers(get), headers(head), path);
      assertTrue(headers(get).containsKey("content-length"), path);
    }
  }

  /** Those that do not tell the time. */
  private static Map<String, List<String>> headers(HttpResponse<?> answer) {
    return answer.headers().map().entrySet().stream()
        .filter(header -> !List.of("date", "unisono-lag").contains(header.getKey()))
        .collect(
            Collectors.toMap(
                header -> header.getKey(), header -> header.getValue(), (a, _) -> a, TreeMap::new));
  }

  private HttpResponse<byte[]> coded(String path, String coding) throws Exception {
    return http.send(
        request(path).header("Accept-Encoding", coding).build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  @Test
  void listsAreCompressedWhereTheCallerTakesThat() throws Exception {
    String path = "/v1/items?limit=1000&sort=id";
    byte[] plain = coded(path, "identity").body();
    HttpResponse<byte[]> gzip = coded(path, "deflate, gzip;q=0.8");
    assertEquals("gzip", header(gzip, "Content-Encoding"));
    assertTrue(
        gzip.headers().allValues("Vary").contains("Accept-Encoding"), gzip.headers().toString());
    assertArrayEquals(
        plain, new GZIPInputStream(new ByteArrayInputStream(gzip.body())).readAllBytes());
    HttpResponse<byte[]> zstd = coded(path, "gzip, zstd");
    assertEquals("zstd", header(zstd, "Content-Encoding"));
    assertEquals("28b52ffd", HexFormat.of().formatHex(zstd.body(), 0, 4));
    assertTrue(zstd.body().length < plain.length / 2);
    for (String none : List.of("br", "gzip;q=0, identity", "*;q=0")) {
      HttpResponse<byte[]> answer = coded(path, none);
      assertEquals("", header(answer, "Content-Encoding"), none);
      assertArrayEquals(plain, answer.body());
    }
    assertEquals(400, coded(path, "gzip;q=much").statusCode());
    assertEquals("", header(coded("/v1/items/7", "gzip"), "Content-Encoding"));
    assertEquals("", header(coded("/v1/items?limit=1", "gzip"), "Content-Encoding"));
  }

  @Test
  void aStreamIsNeverHeldBackByCompression() throws Exception {
    HttpResponse<InputStream> stream =
        http.sendAsync(
                request("/v1/changes/items").header("Accept-Encoding", "gzip, zstd").build(),
                HttpResponse.BodyHandlers.ofInputStream())
            .get(20, TimeUnit.SECONDS);
    try (InputStream events = stream.body()) {
      assertEquals(200, stream.statusCode());
      assertEquals("", header(stream, "Content-Encoding"));
      assertEquals(": hello", new String(events.readNBytes(7), UTF_8));
    }
  }

  @Test
  void nothingThatIsAskedMakesAFault() throws Exception {
    Random random = new Random(3);
    List<String> names =
        List.of(
            "after",
            "before",
            "sort",
            "fields",
            "or",
            "and",
            "limit",
            "total",
            "city",
            "id[in]",
            "amount[gt]",
            "city[like]",
            "x",
            "");
    for (int i = 0; i < 300; i++) {
      byte[] bytes = new byte[random.nextInt(30)];
      random.nextBytes(bytes);
      String name = names.get(random.nextInt(names.size()));
      String value =
          switch (i % 3) {
            case 0 -> Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            case 1 -> coded(new String(bytes, UTF_8));
            default -> percent(bytes);
          };
      HttpResponse<String> answer = get("/v1/items?" + coded(name) + "=" + value);
      assertTrue(
          answer.statusCode() == 200 || answer.statusCode() == 400,
          () -> name + "=" + value + ": " + answer.statusCode() + answer.body());
    }
    for (String line :
        List.of(
            "GET /v1/items?a=%zz HTTP/1.1", "GET /v1/items?%=1 HTTP/1.1",
            "GET /v1/items/%zz HTTP/1.1", "GET /v1/items?city=%ff HTTP/1.1",
            "GET /v1/items?or=(%00) HTTP/1.1", "GET /v1/items?;;&&== HTTP/1.1",
            "GET /v1/%ff%fe/ HTTP/1.1", "OPTIONS /v1/items/%c0%80 HTTP/1.1")) {
      assertNoFault(line, "");
    }
    for (String header :
        List.of(
            "Accept", "Accept-Encoding", "If-None-Match", "Unisono-After", "If-Match", "Cookie")) {
      for (String value : List.of("\u00ff\u00fe", ",,,", ";=;q", "\"", "W/", " \t ", "=\u0001")) {
        assertNoFault("GET /v1/items/7 HTTP/1.1", header + ": " + value + "\r\n");
      }
    }
  }

  private static String percent(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      text.append("%%%02X".formatted(b));
    }
    return text.toString();
  }

  private void assertNoFault(String line, String header) throws Exception {
    String status = raw(line, header).lines().findFirst().orElse("");
    assertTrue(status.matches("HTTP/1.1 ([234]..) .*"), line + " " + header + ": " + status);
  }

  /** What is answered to a request as it stands here. */
  private String raw(String line, String header) throws IOException {
    URI api = URI.create(server.api());
    try (Socket socket = new Socket(api.getHost(), api.getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              (line
                      + "\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                      + server.token()
                      + "\r\n"
                      + header
                      + "\r\n")
                  .getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }
}
