package dev.unisono.server.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import dev.unisono.server.http.HeaderList.Item;
import dev.unisono.server.operation.Refusal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** What callers say of the answers that they take. */
final class NegotiationTest {
  private static List<Item> read(String text) {
    List<Item> items = new ArrayList<>();
    HeaderList.read("Accept", text, items);
    return items;
  }

  @Test
  void namesHaveWeights() {
    assertEquals(
        List.of(
            new Item("text/html", 1),
            new Item("application/json", 0.25),
            new Item("*/*", 0),
            new Item("gzip", 1)),
        read("text/html;level=1, Application/JSON; v=\"a,b\" ; q=0.25,*/*;Q=0.000 ,, gzip;q=1.0"));
    assertEquals(List.of(), read(""));
    assertEquals(List.of(), read(" , ,"));
  }

  @Test
  void whatHasNoFormIsRefused() {
    for (String text :
        List.of(
            "a b", "\"", "a;q=2", "a;q=0.1234", "a;q=", "a;q", ";q=1", "a;v=\"x", "a/b;q=x", "é")) {
      Refusal refusal = assertThrows(Refusal.class, () -> read(text), text);
      assertEquals("bad-header", refusal.code());
      assertEquals(400, refusal.status());
    }
  }

  @Test
  void theMostExactNameDecidesAboutJson() {
    for (String text :
        List.of(
            "",
            "*/*",
            "application/json",
            "text/html,application/*;q=0.1",
            "*/*;q=0,application/json")) {
      assertTrue(HeaderList.takesJson(read(text)), text);
    }
    for (String text : List.of("text/html", "application/json;q=0,*/*", "application/*;q=0,*/*")) {
      assertTrue(!HeaderList.takesJson(read(text)), text);
    }
  }

  @Test
  void aTypeThatIsNamedIsTakenBeforeTheUsualOne() {
    List<String> named = List.of("application/graphql-response+json", "text/event-stream");
    for (String text :
        List.of(
            "",
            "*/*",
            "application/*",
            "application/json",
            "application/json, text/event-stream;q=0.5")) {
      assertEquals(
          "application/json", HeaderList.best(read(text), named, "application/json"), text);
    }
    for (String text :
        List.of(
            "text/event-stream",
            "text/event-stream, */*",
            "application/json;q=0.2, text/event-stream;q=0.3")) {
      assertEquals(
          "text/event-stream", HeaderList.best(read(text), named, "application/json"), text);
    }
    assertEquals(
        "application/graphql-response+json",
        HeaderList.best(
            read("application/graphql-response+json, application/json"),
            named,
            "application/json"));
    for (String text : List.of("text/html", "application/json;q=0, */*", "text/event-stream;q=0")) {
      assertThrows(
          Refusal.class, () -> HeaderList.best(read(text), named, "application/json"), text);
    }
  }

  @Test
  void theCodingThatIsLikedMostIsTaken() {
    assertCoding(ContentCoding.ZSTD, "gzip, deflate, br, zstd");
    assertCoding(ContentCoding.ZSTD, "*");
    assertCoding(ContentCoding.GZIP, "zstd;q=0.5, gzip");
    assertCoding(ContentCoding.GZIP, "*;q=0, gzip;q=0.001");
    assertCoding(ContentCoding.GZIP, "zstd;q=0, *");
    assertCoding(ContentCoding.IDENTITY, "gzip;q=0");
    assertCoding(ContentCoding.IDENTITY, "br, deflate");
    assertCoding(ContentCoding.IDENTITY, "");
    assertEquals(ContentCoding.IDENTITY, ContentCoding.of(read("gzip"), 1_023));
  }

  private static void assertCoding(ContentCoding coding, String text) {
    assertEquals(coding, ContentCoding.of(read(text), 1_024), text);
  }

  @Test
  void whatIsCodedIsReadAgain() throws IOException {
    byte[] body = "a body that says a body ".repeat(100).getBytes(StandardCharsets.UTF_8);
    assertArrayEquals(body, ContentCoding.IDENTITY.encode(body));
    byte[] gzip = ContentCoding.GZIP.encode(body);
    assertArrayEquals(body, new GZIPInputStream(new ByteArrayInputStream(gzip)).readAllBytes());
    byte[] zstd = ContentCoding.ZSTD.encode(body);
    assertArrayEquals(body, Zstd.decompress(zstd, body.length));
  }
}
