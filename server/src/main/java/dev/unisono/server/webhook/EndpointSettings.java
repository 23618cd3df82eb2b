package dev.unisono.server.webhook;

import dev.unisono.server.operation.Refusal;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants to be sent, and where. Immutable.
 *
 * @param entities by their names; empty for all
 * @param filter null for all records
 * @param payload null for the usual, as streams have it
 * @param format null for the usual, as streams have it
 */
record EndpointSettings(
    URI url,
    List<String> entities,
    @Nullable String filter,
    @Nullable String payload,
    @Nullable String format,
    String description) {
  static final int LONGEST_DESCRIPTION = 500;
  private static final int LONGEST_URL = 2_000;

  EndpointSettings {
    entities = List.copyOf(entities);
  }

  /**
   * Reads where messages shall go.
   *
   * @throws Refusal 422 bad-url
   */
  static URI url(String text) {
    try {
      URI url = new URI(text);
      String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
      boolean web = scheme.equals("https") || scheme.equals("http");
      boolean plain =
          url.getHost() != null
              && url.getRawUserInfo() == null
              && url.getRawFragment() == null
              && url.getPort() <= 65_535
              && url.getPort() != 0;
      if (web && plain && text.length() <= LONGEST_URL) {
        return url;
      }
    } catch (URISyntaxException none) {
      // Said below.
    }
    throw new Refusal(
        422,
        "bad-url",
        "url is an https address of at most "
            + LONGEST_URL
            + " characters, with a host and without a user or a fragment.",
        "url");
  }

  boolean secure() {
    return "https".equalsIgnoreCase(url.getScheme());
  }

  int port() {
    return url.getPort() > 0 ? url.getPort() : secure() ? 443 : 80;
  }

  /** The host without the brackets that an address of version 6 has in a URL. */
  String host() {
    String host = url.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  boolean cloudEvents() {
    return "cloudevents".equals(format);
  }
}
