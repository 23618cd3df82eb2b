package dev.unisono.systemtests;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import java.util.ArrayList;
import java.util.List;

/** One visitor of the live page, and what the browser complained of meanwhile. For one thread. */
final class Visit implements AutoCloseable {
  private static final int LIMIT_MILLIS = 30_000;

  private final BrowserContext profile;
  private final Page page;
  private final List<String> complaints = new ArrayList<>();

  Visit(BrowserContext profile) {
    this.profile = profile;
    profile.setDefaultTimeout(LIMIT_MILLIS);
    profile.addInitScript(
        """
        addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
          console.error(`refused by ${violatedDirective}: ${blockedURI}`));
        """);
    this.page = profile.newPage();
    page.onConsoleMessage(message -> {
      if (message.type().equals("error") || message.type().equals("warning")) {
        complaints.add(message.text() + " at " + message.location());
      }
    });
    page.onPageError(error -> complaints.add("not caught: " + error));
    page.onRequestFailed(request -> {
      // The page itself gives up what it no longer waits for.
      if (!"net::ERR_ABORTED".equals(request.failure())) {
        complaints.add(request.url() + " failed: " + request.failure());
      }
    });
  }

  Page page() {
    return page;
  }

  /** Another page of the same profile. */
  Page anotherPage() {
    return profile.newPage();
  }

  /** Opens a link that signs in, and waits until the page shows how things are. */
  void signIn(String link) {
    page.navigate(link);
    page.locator(".verdict").waitFor();
    page.locator(".stream", new Page.LocatorOptions().setHasText("live")).waitFor();
  }

  /** Loads a customer into the form. */
  void choose(long customer) {
    // The form loads the first record by itself: not while another one is asked for.
    page.locator("#field-name").waitFor();
    page.locator(".chooser input").fill(Long.toString(customer));
    page.locator(".chooser button").click();
  }

  void send() {
    page.locator(".primary").click();
  }

  List<String> complaints() {
    return List.copyOf(complaints);
  }

  @Override
  public void close() {
    profile.close();
  }
}
