package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.sun.net.httpserver.HttpServer;
import dev.unisono.testkit.ServerProcess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A person in a real browser, sent by the site of a program, signs in and is asked. */
final class ConsentPageTest {
  /** Any, of the right length: nobody redeems the code. */
  private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  @Test
  void aPersonIsLedFromTheProgramAndBack(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute("shop", "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)");
    // By another name than the server's: to a browser that is another site.
    HttpServer program =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    String site = "http://localhost:" + program.getAddress().getPort();
    try (Chromium browser = Chromium.start();
        ServerProcess server = files.serve(ServerProcess.freePort(), config(files))) {
      String client = client(server, site);
      serve(program, server.api(), client, site);
      try (Visit visit = browser.visit()) {
        Page page = visit.page();
        page.navigate(site + "/");
        page.locator("a").click();
        page.locator("h1", new Page.LocatorOptions().setHasText("not signed in")).waitFor();
        page.navigate(link(server));
        Locator allow = page.locator("button", new Page.LocatorOptions().setHasText("Allow"));
        allow.waitFor();
        assertTrue(page.locator("li").textContent().contains("item:read"));
        assertEquals(
            "",
            String.join(
                "\n",
                new AxeBuilder(page)
                    .analyze().getViolations().stream().map(Object::toString).toList()));
        allow.click();
        page.waitForURL(site + "/back?**");
        assertTrue(page.url().contains("code="), page.url());

        // The browser does not tell the program's site that somebody is signed in; the page does.
        page.navigate(site + "/");
        page.locator("a").click();
        page.locator("button", new Page.LocatorOptions().setHasText("Refuse")).click();
        page.waitForURL(site + "/back?**");
        assertTrue(page.url().contains("error=access_denied"), page.url());

        // Nobody is led anywhere else.
        page.navigate(server.api() + "/?then=" + site + "/back?evil");
        page.locator(".verdict").waitFor();
        assertTrue(page.url().startsWith(server.api()), page.url());
      }
    } finally {
      program.stop(0);
    }
  }

  private static String config(SqliteFiles files) {
    return """
    systems:
      shop: { connector: sqlite, file: %s }
    entities:
      item:
        key: id
        schema: { properties: { id: { type: integer }, name: { type: string } } }
    syncs:
      items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
    """
        .formatted(files.file("shop"));
  }

  private static JsonNode post(ServerProcess server, String path, String body) throws Exception {
    return ExactJson.parse(
        server.send(server.request(path).POST(BodyPublishers.ofString(body)).build()).body());
  }

  private static String link(ServerProcess server) throws Exception {
    return post(server, "/v1/admin/sign-in-links", "").path("url").asText();
  }

  private static String client(ServerProcess server, String site) throws Exception {
    return post(
            server,
            "/v1/admin/clients",
            """
            {
              "name": "A program",
              "type": "public",
              "grantTypes": ["authorization_code"],
              "redirectUris": ["%s/back"],
              "scopes": ["item:read"]
            }
            """
                .formatted(site))
        .path("id")
        .asText();
  }

  private static void serve(HttpServer program, String api, String client, String site) {
    String page =
        """
        <!DOCTYPE html>
        <html lang="en"><title>A program</title><link rel="icon" href="data:,">
        <a href="%s/oauth/authorize?response_type=code&amp;client_id=%s&amp;redirect_uri=%s/back&amp;state=x&amp;code_challenge_method=S256&amp;code_challenge=%s">Connect</a></html>
        """
            .formatted(api, client, site, CHALLENGE);
    program.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = page.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    program.start();
  }
}
