package dev.unisono.systemtests;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The demo keeps three kinds of databases equal, lets a visitor decide a conflict, and goes on. */
final class DemoTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void threeDatabasesAreKeptEqualAndAVisitorDecidesAConflict() throws Exception {
    PlaywrightAssertions.setDefaultAssertionTimeout((double) LIMIT.toMillis());
    try (Chromium browser = Chromium.start()) {
      try (RunningDemo demo = new RunningDemo(folder)) {
        assertEquals("postgres", demo.system("crm").path("kind").asText());
        assertEquals("sqlite", demo.system("shop").path("kind").asText());
        demo.execute("shop", "UPDATE buyers SET name = 'Ada Byron' WHERE buyer_id = 7");
        awaitName(demo, "Ada Byron");
        assertEquals(401, demo.conflictAskedByNobody());
        try (Visit visit = browser.visit(ColorScheme.LIGHT, 360)) {
          visit.signIn(demo.signInLink());
          makeAndDecide(visit.page());
          PageTest.assertUsable(visit.page());
          assertEquals(List.of(), visit.complaints());
        }
      }
      // It was stopped: now it goes on where it was.
      try (RunningDemo demo = new RunningDemo(folder)) {
        demo.execute("billing", "UPDATE clients SET full_name = 'Ada King' WHERE client_id = 7");
        awaitName(demo, "Ada King");
      }
    }
  }

  private static void awaitName(RunningDemo demo, String name) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          List<String> names =
              List.of(
                  demo.value("crm", "SELECT name FROM customers WHERE id = 7"),
                  demo.value("billing", "SELECT full_name FROM clients WHERE client_id = 7"),
                  demo.value("shop", "SELECT name FROM buyers WHERE buyer_id = 7"));
          return names.equals(List.of(name, name, name)) ? "" : names.toString();
        });
  }

  private static void makeAndDecide(Page page) {
    page.locator(".demo button").click();
    Locator outcome = page.locator(".crossing");
    assertThat(outcome).containsText("the newest edit");
    assertThat(outcome).containsText("waits for you");
    assertThat(page.locator(".conflict")).hasCount(1);
    assertThat(page.locator(".conflict")).containsText("phone");
    page.locator(".conflict .value-side button").last().click();
    assertThat(page.locator(".conflict")).hasCount(0);
    assertThat(outcome).containsText("was decided by you");
  }
}
