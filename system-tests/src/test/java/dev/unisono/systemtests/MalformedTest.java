package dev.unisono.systemtests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.ServerProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is sent to a door, by whoever is signed in: it is the caller's fault (4xx, or what the
 * protocol itself has for it), never a fault of ours, and nobody else sees anything of it.
 */
final class MalformedTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int REQUESTS = Integer.getInteger("unisono.malformed.requests", 1_000);
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  /** What HTTP/2 has for that status in the first octet of a field block (RFC 7541, A). */
  private static final char STATUS_500 = 0x8e;

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");

  /** Texts that mean something somewhere. */
  private static final List<String> PIECES =
      List.of(
          "%",
          "%00",
          "%2F",
          "%ff",
          "..",
          "//",
          "?",
          "&",
          "=",
          "[",
          "]",
          "[gte]",
          "[in]",
          "*",
          "\\",
          "\"",
          "'",
          ",",
          "(",
          ")",
          "or=(",
          "and(",
          "null",
          "true",
          "-1",
          "1e999999999",
          "NaN",
          "99999999999999999999999999",
          "\u0000",
          "\r",
          "\n",
          "\r\n\r\n",
          "\u00ff",
          "\u00c3(",
          "{",
          "}",
          "{\"a\":",
          "[[[[",
          ":",
          "W/",
          "\"1\"",
          "u1.",
          "u1.AAAA",
          "Last-Event-ID: u1.zzz\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Content-Length: 5\r\n",
          "Content-Length: -1\r\n",
          "Expect: 100-continue\r\n",
          "Upgrade: websocket\r\n",
          "Connection: Upgrade\r\n",
          "Accept: application/x-ndjson\r\n",
          "Content-Type: application/x-ndjson\r\n",
          "Idempotency-Key: a\r\n",
          "If-Match: \"1\"\r\n",
          "Accept-Encoding: gzip;q=x\r\n",
          "Range: bytes=0-\r\n",
          "HTTP/1.0",
          "HTTP/9.9",
          "PRI * HTTP/2.0",
          " ");

  @Test
  void isNeverAFaultOfOurs(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, amount TEXT, extra TEXT)",
        "INSERT INTO items VALUES (1, 'witness', '1.5', NULL)");
    int port = ServerProcess.freePort();
    String config =
        """
        systems:
          shop: { connector: sqlite, file: %s }
        entities:
          item:
            key: id
            index: [name, amount]
            schema:
              properties:
                id: { type: integer }
                name: { type: string }
                amount: { type: string, format: decimal }
                extra: { type: object }
        syncs:
          items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
        """
            .formatted(files.file("shop"));
    try (ServerProcess server = files.serve(port, config, "-Xmx256m")) {
      Eventually.isTrue(LIMIT, "the witness", () -> witness(server).statusCode() == 200);
      List<String> wellFormed = wellFormed(server.token());
      Random random = new Random(11);
      for (int request = 0; request < REQUESTS; request++) {
        byte[] sent = malformed(wellFormed.get(request % wellFormed.size()), random);
        String answer = exchange(port, sent);
        Matcher status = STATUS.matcher(answer);
        while (status.find()) {
          int code = Integer.parseInt(status.group(1));
          // What HTTP itself has no other answer for.
          boolean protocol = code == 501 || code == 505;
          assertTrue(
              code < 500 || protocol, () -> request(sent) + "\n---- was answered by\n" + answer);
        }
        assertFalse(
            answersWithFault(answer), () -> request(sent) + "\n---- was answered by\n" + answer);
        if (request % 100 == 0) {
          HttpResponse<String> told = witness(server);
          assertEquals(200, told.statusCode(), () -> "after " + request(sent));
        }
      }
      assertEquals("witness", ExactJson.parse(witness(server).body()).path("name").asText());
      String log = Files.readString(folder.resolve("server.log"));
      // What the framework itself complains of, such as a request without a host, is answered by
      // 4xx.
      assertFalse(log.contains(" ERROR Failure"), log);
    }
  }

  /** A record that nothing that is sent here touches. */
  private static HttpResponse<String> witness(ServerProcess server) throws Exception {
    return server.send(server.request("/v1/items/1").build());
  }

  private static String request(byte[] sent) {
    return new String(sent, ISO_8859_1).replace("\u0000", "\\0");
  }

  private static List<String> wellFormed(String token) {
    List<String> requests = new ArrayList<>();
    String head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token + "\r\n";
    for (String path :
        List.of(
            "/v1/items?name=a&amount%5Bgte%5D=1.5&sort=-name&limit=3&total=true",
            "/v1/items?or=(name=a,and(amount[lt]=2,id[in]=(1,2)))&fields=id,name",
            "/v1/items/2",
            "/v1/changes/items?snapshot=true&after=u1.AAAA",
            "/v1/openapi.json",
            "/v1/graphql?query=%7Bitem(id:2)%7Bname%7D%7D&variables=%7B%7D",
            "/v1/admin/dead-letters?after=1&limit=5",
            "/health/ready")) {
      requests.add("GET " + path + head + "Accept: application/json\r\n\r\n");
    }
    String record = "{\"id\":7,\"name\":\"x\",\"amount\":\"2.50\",\"extra\":{\"a\":[1,null]}}";
    requests.add(body("PUT /v1/items/7", head, "application/json", record));
    requests.add(
        body("POST /v1/items", head + "Idempotency-Key: k\r\n", "application/json", record));
    requests.add(
        body("PATCH /v1/items/7", head, "application/merge-patch+json", "{\"name\":null}"));
    requests.add(
        body("PUT /v1/items", head, "application/x-ndjson", record + "\n" + record + "\n"));
    requests.add(
        body(
            "POST /v1/graphql",
            head,
            "application/json",
            "{\"query\":\"query ($a: ItemFilter, $n: Int) { items(filter: $a, limit: $n, sort: [{ field:"
                + " name }]) { items { ...I extra } next total } } fragment I on Item { id name }\","
                + "\"variables\":{\"a\":{\"or\":[{\"amount\":{\"gte\":\"1.5\"}},{\"id\":{\"in\":[1,2]}}]},"
                + "\"n\":3}}"));
    requests.add(
        body(
            "POST /v1/graphql",
            head + "Accept: application/graphql-response+json\r\n",
            "application/json",
            "{\"query\":\"mutation { updateItem(id: 7, record: { name: null, extra: { a: [1, null] } },"
                + " ifVersion: 12) { version record { name } } }\"}"));
    requests.add(
        body(
            "POST /v1/graphql",
            head + "Accept: text/event-stream\r\n",
            "application/json",
            "{\"query\":\"subscription { itemChanges(after: \\\"u1.AAAA\\\", snapshot: true, filter:"
                + " \\\"record.id > 1\\\") { event cursor key { id } record { name } } }\"}"));
    requests.add(
        "GET /v1/graphql"
            + head
            + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            + text("{\"type\":\"connection_init\"}")
            + text(
                "{\"type\":\"subscribe\",\"id\":\"a\",\"payload\":{\"query\":\"{ item(id: 2) { name } }\"}}"));
    requests.add("DELETE /v1/items/7" + head + "If-Match: \"12\"\r\n\r\n");
    requests.add(
        "GET /v1/stream"
            + head
            + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            + "\u0081\u008b\u0000\u0000\u0000\u0000{\"ping\": 1 }");
    requests.addAll(calls(token));
    return requests;
  }

  /** Calls of gRPC, each on a connection of its own by HTTP/2 with prior knowledge. */
  private static List<String> calls(String token) {
    String records = "/unisono.v1.Records/";
    String key = "\n\u0004item\u0012\n\n\u0002id\u0012\u0004\u0018\u0007\u0018\u0007";
    List<String> calls = new ArrayList<>();
    calls.add(call(token, records + "Get", "", message(0, key)));
    calls.add(
        call(token, records + "List", "", message(0, "\n\u0004item\u001a\u0005-name \u0003")));
    calls.add(call(token, records + "Delete", "", message(0, key)));
    calls.add(call(token, records + "Get", "gzip", message(1, gzip(key))));
    calls.add(call(token, records + "Subscribe", "", message(0, "\n\u0004item\u0018\u0001")));
    calls.add(call(token, records + "Acknowledge", "", message(0, "\n\u0001c\u0012\u0007u1.AAAA")));
    calls.add(call(token, "/grpc.health.v1.Health/Check", "", message(0, "")));
    calls.add(call(token, "/grpc.health.v1.Health/Watch", "", message(0, "\n\u0001x")));
    calls.add(
        call(
            token,
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "",
            message(0, ":\u0000") + message(0, "\"\u0012unisono.v1.Records")));
    return calls;
  }

  private static String gzip(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(ISO_8859_1));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return out.toString(ISO_8859_1);
  }

  /** With its flag and its length in front, as gRPC has it. */
  private static String message(int flag, String bytes) {
    return (char) flag + "\u0000\u0000" + length(bytes.length()) + bytes;
  }

  private static String length(int length) {
    return "" + (char) (length >> 8) + (char) (length & 0xff);
  }

  private static String call(String token, String path, String encoding, String body) {
    String headers =
        "\u0083\u0086"
            + header(":path", path)
            + header(":authority", "127.0.0.1")
            + header("content-type", "application/grpc")
            + header("te", "trailers")
            + header("authorization", "Bearer " + token)
            + (encoding.isEmpty() ? "" : header("grpc-encoding", encoding));
    return PREFACE + frame(4, 0, 0, "") + frame(1, 4, 1, headers) + frame(0, 1, 1, body);
  }

  /** A field that is written as it is (RFC 7541, 6.2.2), of less than 127 characters each. */
  private static String header(String name, String value) {
    return "\u0000" + (char) name.length() + name + (char) value.length() + value;
  }

  /** A frame of HTTP/2 (RFC 9113, 4.1). */
  private static String frame(int type, int flags, int stream, String payload) {
    return "\u0000"
        + length(payload.length())
        + (char) type
        + (char) flags
        + "\u0000\u0000\u0000"
        + (char) stream
        + payload;
  }

  /**
   * Whether something was answered by 500 over HTTP/2: a block of fields that begins with the
   * static table's entry for it.
   */
  private static boolean answersWithFault(String answer) {
    int at = 0;
    while (at + 9 <= answer.length()) {
      int length = (answer.charAt(at) << 16) | (answer.charAt(at + 1) << 8) | answer.charAt(at + 2);
      boolean headers = answer.charAt(at + 3) == 1;
      if (headers && at + 9 < answer.length() && answer.charAt(at + 9) == STATUS_500) {
        return true;
      }
      at += 9 + length;
    }
    return false;
  }

  /** A text frame of a client's, of less than 126 characters. */
  private static String text(String message) {
    return "\u0081" + (char) (0x80 | message.length()) + "\u0000\u0000\u0000\u0000" + message;
  }

  private static String body(String line, String head, String type, String body) {
    return line
        + head
        + "Content-Type: "
        + type
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** The same with one to six things in it otherwise than they should be. */
  private static byte[] malformed(String request, Random random) {
    StringBuilder text = new StringBuilder(request);
    for (int change = 1 + random.nextInt(6); change > 0; change--) {
      if (text.isEmpty()) {
        text.append(piece(random));
      }
      int at = random.nextInt(text.length());
      switch (random.nextInt(6)) {
        case 0 -> text.setCharAt(at, (char) random.nextInt(256));
        case 1 -> text.deleteCharAt(at);
        case 2 -> text.setLength(Math.max(1, at));
        case 3 -> text.insert(at, text.substring(at, Math.min(text.length(), at + 40)));
        case 4 -> {
          int line = text.indexOf("\r\n", at);
          text.insert(line < 0 ? at : line + 2, piece(random));
        }
        default -> text.insert(at, piece(random));
      }
    }
    // The witness is nobody's business here.
    return text.toString().replace("/v1/items/1", "/v1/items/8").getBytes(ISO_8859_1);
  }

  private static String piece(Random random) {
    return PIECES.get(random.nextInt(PIECES.size()));
  }

  /** All that is answered within a moment: many of these wait for more that does not come. */
  private static String exchange(int port, byte[] sent) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(40);
      socket.getOutputStream().write(sent);
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      byte[] part = new byte[8192];
      try {
        int length;
        while (answer.size() < 1 << 20 && (length = socket.getInputStream().read(part)) > 0) {
          answer.write(part, 0, length);
        }
      } catch (SocketTimeoutException nothingMore) {
        // As it should be where the request is not whole.
      }
      return answer.toString(ISO_8859_1);
    } catch (SocketException cut) {
      // The server may end a connection on which nothing of sense comes.
      return "";
    }
  }
}
