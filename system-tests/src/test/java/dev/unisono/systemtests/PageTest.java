package dev.unisono.systemtests;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The live page does in a real browser what it promises. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PageTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pattern MILLISECONDS = Pattern.compile("^[0-9][0-9,]*(\\.[0-9])? ms$");
  private static final int CUSTOMERS = 1_234;
  private static final int ORDERS = 57;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private Chromium browser;
  private MirroredDatabases databases;
  private MirrorServer server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    PlaywrightAssertions.setDefaultAssertionTimeout((double) LIMIT.toMillis());
    browser = open(Chromium.start());
    databases = open(MirroredDatabases.start());
    databases.executeInCrm(
        "INSERT INTO public.customers (id, name, email, country, balance, updated_at, notes)"
            + " SELECT n, 'Customer ' || n, 'c' || n || '@example.org', 'DE', n + 0.50, now(),"
            + " repeat('a long note ', 20) FROM generate_series(1, "
            + CUSTOMERS
            + ") n",
        "INSERT INTO public.orders (id, customer_id, item, quantity, price, shipped)"
            + " SELECT n, n, 'Item ' || n, n, 9.90, false FROM generate_series(1, "
            + ORDERS
            + ") n");
    server = open(new MirrorServer(databases, folder, 500));
    server.start();
    Eventually.isTrue(
        LIMIT,
        "billing has all",
        () ->
            inBilling("SELECT count(*) FROM public.clients").equals("" + CUSTOMERS)
                && inBilling("SELECT count(*) FROM public.invoices").equals("" + ORDERS));
  }

  private <T extends AutoCloseable> T open(T resource) {
    opened.push(resource);
    return resource;
  }

  @AfterAll
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  private String signInLink() throws InterruptedException {
    HttpResponse<String> answer =
        server
            .process()
            .send(
                server
                    .process()
                    .request("/v1/admin/sign-in-links")
                    .POST(BodyPublishers.noBody())
                    .build());
    assertEquals(201, answer.statusCode(), answer::body);
    return ExactJson.parse(answer.body()).path("url").asText();
  }

  /** The first value that a query gives in billing, as text. */
  private String inBilling(String query) throws SQLException {
    try (Connection billing = databases.inBilling();
        Statement statement = billing.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getString(1)) : "(no row)";
    }
  }

  private static LocatorAssertions assertShown(Page page, String selector, String text) {
    Locator shown = page.locator(selector, new Page.LocatorOptions().setHasText(text));
    assertThat(shown.first()).isVisible();
    return assertThat(shown.first());
  }

  @Test
  void aLinkSignsInOnceOnly() throws Exception {
    String link = signInLink();
    try (Visit first = browser.visit();
        Visit second = browser.visit()) {
      first.signIn(link);
      assertEquals(server.api() + "/", first.page().url(), "the code stays in the address");

      Response again = second.page().navigate(link);
      assertEquals(401, again.status());
      assertTrue(again.text().contains("link-used"), again::text);
      second.page().navigate(server.api().toString());
      assertShown(second.page(), ".sign-in", "You are not signed in");

      first.page().reload();
      assertShown(first.page(), ".verdict", "In sync");
    }
  }

  @Test
  void goesOnByItselfOnceSignedIn() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.page().navigate(server.api().toString());
      assertShown(visit.page(), ".sign-in", "You are not signed in");
      visit.anotherPage().navigate(signInLink());
      assertShown(visit.page(), ".verdict", "In sync");
    }
  }

  @Test
  void aPersonChoosesAPasswordAndSignsInByIt() throws Exception {
    HttpResponse<String> made =
        server
            .process()
            .send(
                server
                    .process()
                    .request("/v1/admin/users")
                    .POST(BodyPublishers.ofString("{\"name\": \"ada\", \"roles\": [\"viewer\"]}"))
                    .build());
    assertEquals(201, made.statusCode(), made::body);
    String code = ExactJson.parse(made.body()).path("setUpCode").asText();
    try (Visit visit = browser.visit()) {
      Page page = visit.page();
      page.navigate(server.api() + "/#set-up=" + code);
      assertShown(page, "h1", "Your password");
      assertUsable(page);
      page.locator("input[type=password]").fill("short");
      page.locator("button[type=submit]").click();
      assertShown(page, "[role=alert]", "12 to");
      page.locator("input[type=password]").fill("lamp river seventeen");
      page.locator("button[type=submit]").click();
      page.locator("input[name=user]").fill("ada");
      assertEquals(server.api() + "/", page.url(), "the code stays in the address");
      page.locator("input[type=password]").fill("not this one at all");
      page.locator("button[type=submit]").click();
      assertShown(page, "[role=alert]", "is wrong");
      assertUsable(page);
      page.locator("input[type=password]").fill("lamp river seventeen");
      page.locator("button[type=submit]").click();
      assertShown(page, ".verdict", "In sync");
    }
  }

  @Test
  void showsBothSystemsInSyncWithTheirCounts() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Page page = visit.page();
      assertShown(page, ".verdict", "In sync");
      assertShown(page, ".system", "crm").containsText("running");
      assertShown(page, ".system", "crm").containsText("public.customers → customers");
      assertShown(page, ".system", "billing").containsText("running");
      assertShown(page, ".system", "billing").containsText("customers → public.clients");
      assertShown(page, ".entities li", "customers").containsText("1,234");
      assertShown(page, ".entities li", "orders").containsText("57");
      assertThat(page.locator(".stream")).containsText("live");
    }
  }

  /**
   * Its own clients, and ours in it, see the same record of a snapshot and then the same change.
   */
  @Test
  void theBrowsersOwnClientsAreServed() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Object seen =
          visit
              .page()
              .evaluate(
                  """
                  async () => {
                    const { connect } = await import('/unisono.js');
                    const note = 'seen by ' + Math.random();
                    const seen = (name, begin) => new Promise((resolve, reject) => {
                      setTimeout(() => reject(new Error(name + ' saw nothing')), 20_000);
                      begin((record) => record?.name === note && resolve(name), reject);
                    });
                    let begun = 0;
                    const source = seen('EventSource', (take) => {
                      const stream = new EventSource('/v1/changes/customers');
                      stream.onopen = () => { begun += 1; };
                      stream.addEventListener('updated', ({ data }) => take(JSON.parse(data).record));
                    });
                    const socket = seen('WebSocket', (take) => {
                      const stream = new WebSocket(location.origin.replace('http', 'ws') + '/v1/stream');
                      stream.onopen = () => stream.send('{"subscribe":"s","entity":"customer"}');
                      stream.onmessage = ({ data }) => {
                        const frame = JSON.parse(data);
                        if (frame.subscribed) begun += 1;
                        take(frame.record);
                      };
                    });
                    const unisono = connect();
                    const ours = seen('unisono.js', (take, fail) => {
                      unisono.follow({ entity: 'customer' }, {
                        event: ({ record }) => take(record),
                        state: (state, error) => {
                          if (state === 'live') begun += 1;
                          if (error) fail(error);
                        },
                      });
                    });
                    while (begun < 3) await new Promise((resolve) => setTimeout(resolve, 20));
                    const { record } = await unisono.update('customer', { id: 31 }, { name: note });
                    if (record.name !== note) throw new Error(JSON.stringify(record));
                    const refused = await unisono.update('customer', { id: 31 }, { nme: 'x' }).catch(({ code }) => code);
                    const all = await Promise.all([source, socket, ours]);
                    unisono.close();
                    return [...all, refused].join();
                  }
                  """);
      assertEquals("EventSource,WebSocket,unisono.js,unknown-field", seen);
    }
  }

  @Test
  void aWriteThatABrokenConnectionHasCutOffIsDoneOnceAndAnswered() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Object told =
          visit
              .page()
              .evaluate(
                  """
                  async () => {
                    const { connect } = await import('/unisono.js');
                    const note = 'written by ' + Math.random();
                    let sent = 0;
                    const Whole = window.WebSocket;
                    window.WebSocket = class extends Whole {
                      send(data) {
                        super.send(data);
                        if (data.includes('"update"') && ++sent === 1) this.close();
                      }
                    };
                    const unisono = connect();
                    const told = [];
                    await new Promise((live, fail) => {
                      setTimeout(() => fail(new Error('it is not live')), 20_000);
                      unisono.follow({ entity: 'customer' }, {
                        event: ({ record }) => { if (record?.name === note) told.push(note); },
                        state: (state) => state === 'live' && live(),
                      });
                    });
                    const { record } = await unisono.update('customer', { id: 32 }, { name: note });
                    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
                    unisono.close();
                    return [record.name === note, sent > 1, told.length].join();
                  }
                  """);
      assertEquals("true,true,1", told);
    }
  }

  @Test
  void anEditArrivesInBillingAndShowsItsWay() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Page page = visit.page();
      visit.choose(20);
      assertThat(page.locator("#field-name")).hasValue("Customer 20");
      page.locator("#field-name").fill("Grace Hopper");
      page.locator("#field-balance").fill("1234567890.10");
      visit.send();

      assertThat(page.locator(".journey .arrived")).hasCount(3);
      assertThat(page.locator(".journey li")).hasCount(3);
      assertThat(page.locator(".journey .arrived strong"))
          .hasText(new Pattern[] {MILLISECONDS, MILLISECONDS, MILLISECONDS});
      assertShown(page, ".journey .arrived", "Arrived in billing");
      // Not awaited: the page has said that it is there.
      assertEquals(
          "Grace Hopper|1234567890.10|DE",
          inBilling(
              "SELECT concat_ws('|', full_name, balance, country) FROM public.clients"
                  + " WHERE client_id = 20"));
      assertShown(page, ".changes .change", "customer 20").containsText("Grace Hopper");
      assertThat(page.locator("#field-balance")).hasValue("1234567890.10");
    }
  }

  @Test
  void aRefusedValueIsToldAtItsField() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Page page = visit.page();
      visit.choose(30);
      assertThat(page.locator("#field-name")).hasValue("Customer 30");
      // The page itself sees that this is no number.
      page.locator("#field-balance").fill("much");
      visit.send();
      assertThat(page.locator(".message")).hasText("This must be a number, such as 12.50.");
      assertThat(page.locator("#field-balance")).isFocused();

      // The server sees that this is no moment.
      page.locator("#field-balance").fill("1.25");
      page.locator("#field-updated_at").fill("yesterday");
      visit.send();
      Locator message = page.locator("#field-updated_at-message");
      assertThat(message).isVisible();
      assertFalse(message.innerText().isBlank());
      assertThat(page.locator("#field-updated_at")).hasAttribute("aria-invalid", "true");
      assertThat(page.locator("#field-updated_at")).isFocused();
      assertThat(page.locator(".message")).hasCount(1);
      assertThat(page.locator("#field-updated_at")).hasValue("yesterday");
      assertThat(page.locator(".journey")).hasCount(0);
      assertEquals("30.50", inBilling("SELECT balance FROM public.clients WHERE client_id = 30"));
    }
  }

  @Test
  void aKeyOfNobodyIsToldAboveTheForm() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      visit.choose(999_999);
      assertThat(visit.page().locator(".editor [role=alert]")).not().isEmpty();
      assertThat(visit.page().locator("#field-name")).hasCount(0);
    }
  }

  @Test
  void aChangeMadeInCrmAppearsAmongTheLastChanges() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Page page = visit.page();
      assertThat(page.locator(".changes .change")).hasCount(0);
      databases.executeInCrm("UPDATE public.customers SET country = 'FR' WHERE id = 40");
      assertThat(page.locator(".changes .change")).hasCount(1);
      assertShown(page, ".changes .change", "customer 40").containsText("updated");
      assertShown(page, ".changes .change", "customer 40").containsText("FR");

      databases.executeInCrm(
          "INSERT INTO public.orders (id, customer_id, item) VALUES (9001, 40, 'A lamp')",
          "DELETE FROM public.orders WHERE id = 9001");
      assertThat(page.locator(".changes .change")).hasCount(3);
      assertThat(page.locator(".changes .change").nth(0)).containsText("deleted");
      assertThat(page.locator(".changes .change").nth(0)).containsText("order 9001");
      assertThat(page.locator(".changes .change").nth(1)).containsText("A lamp");
    }
  }

  @Test
  void breaksNoPolicyAndComplainsOfNothing() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Page page = visit.page();
      visit.choose(50);
      assertThat(page.locator("#field-name")).hasValue("Customer 50");
      page.locator("#field-email").fill("fifty@example.org");
      visit.send();
      assertThat(page.locator(".journey .arrived")).hasCount(3);
      page.locator(".chooser select").selectOption("order");
      assertThat(page.locator("#field-item")).hasValue("Item 1");
      databases.executeInCrm("UPDATE public.orders SET shipped = true WHERE id = 50");
      assertShown(page, ".changes .change", "order 50").containsText("true");
      assertEquals(List.of(), visit.complaints());

      // Were there a complaint, it would have been heard: this page's policy forbids such a script.
      page.evaluate(
          """
          () => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "taken over"';
            document.head.append(script);
          }
          """);
      Eventually.isTrue(
          LIMIT,
          "an inline script is refused",
          () -> {
            String title = page.title();
            return title.equals("Unisono")
                && visit.complaints().stream().anyMatch(said -> said.contains("script-src"));
          });
    }
  }

  @Test
  void theDoorsAreDescribedAndCanBeTriedOut() throws Exception {
    try (Visit visit = browser.visit()) {
      visit.signIn(signInLink());
      Page page = visit.page();
      page.navigate(server.api() + "/reference.html");
      Locator get =
          page.locator(".opblock", new Page.LocatorOptions().setHasText("/v1/customers/{key}"))
              .first();
      get.locator(".opblock-summary-control").click();
      get.locator("button.try-out__btn").click();
      get.locator("tr[data-param-name='key'] input").fill("50");
      get.locator("button.execute").click();
      assertThat(get.locator(".live-responses-table .highlight-code").first())
          .containsText("\"id\": 50");
      assertEquals(List.of(), visit.complaints());
    }
  }

  @ParameterizedTest
  @CsvSource({"LIGHT, 1440", "DARK, 1440", "LIGHT, 360", "DARK, 360"})
  void everybodyCanUseIt(ColorScheme colours, int width) throws Exception {
    try (Visit visit = browser.visit(colours, width)) {
      visit.page().navigate(server.api().toString());
      assertShown(visit.page(), ".sign-in", "You are not signed in");
      assertUsable(visit.page());

      visit.signIn(signInLink());
      Page page = visit.page();
      visit.choose(60);
      assertThat(page.locator("#field-name")).hasValue("Customer 60");
      page.locator("#field-country").fill(colours + " " + width);
      visit.send();
      assertThat(page.locator(".journey .arrived")).hasCount(3);
      databases.executeInCrm(
          "UPDATE public.customers SET score = coalesce(score, 0) + 1 WHERE id = 60",
          "INSERT INTO public.orders (id, customer_id, item) VALUES (9002, 60, 'A chair')",
          "DELETE FROM public.orders WHERE id = 9002");
      assertShown(page, ".changes .change", "order 9002").containsText("deleted");
      page.locator("#field-balance").fill("much");
      visit.send();
      assertThat(page.locator(".message")).hasCount(1);
      assertUsable(page);
      // For whoever wants to see it.
      page.screenshot(
          new Page.ScreenshotOptions()
              .setFullPage(true)
              .setPath(Path.of("target", "page", colours + "-" + width + ".png")));

      visit.choose(999_999);
      assertThat(page.locator(".editor [role=alert]")).not().isEmpty();
      assertUsable(page);
    }
  }

  /** Nothing that axe finds, and nothing to scroll sideways for. */
  static void assertUsable(Page page) {
    List<String> found =
        new AxeBuilder(page)
            .analyze().getViolations().stream()
                .flatMap(rule ->
                    rule.getNodes().stream()
                        .map(node -> rule.getId() + ": " + rule.getHelp() + " " + node.getHtml()))
                .toList();
    assertEquals(List.of(), found);
    Object sideways =
        page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assertEquals(0, sideways, "it is wider than the window");
  }
}
