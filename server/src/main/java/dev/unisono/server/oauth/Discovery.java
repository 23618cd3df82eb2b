package dev.unisono.server.oauth;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches what an issuer publishes, as OpenID Connect Discovery 1.0 says. Bounded in time and in
 * size; it follows no redirect, and asks without TLS only what is on this machine. Safe for
 * threads.
 */
final class Discovery implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int MOST_BYTES = 256 << 10;

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(5))
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /**
   * The public keys of an issuer.
   *
   * @throws IOException where they cannot be had, or are not that issuer's
   */
  JWKSet keys(String issuer) throws IOException, InterruptedException {
    boolean here = onThisMachine(URI.create(issuer));
    try {
      OIDCProviderMetadata metadata =
          OIDCProviderMetadata.parse(
              fetch(
                  URI.create(
                      (issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer)
                          + "/.well-known/openid-configuration"),
                  here));
      if (!metadata.getIssuer().getValue().equals(issuer)) {
        throw new IOException(
            "what it publishes is of another issuer, " + metadata.getIssuer() + ".");
      }
      return JWKSet.parse(fetch(metadata.getJWKSetURI(), here)).toPublicJWKSet();
    } catch (ParseException | java.text.ParseException unreadable) {
      throw new IOException("what it publishes cannot be read: " + unreadable.getMessage());
    }
  }

  private String fetch(URI address, boolean here) throws IOException, InterruptedException {
    if (!"https".equals(address.getScheme()) && !(here && onThisMachine(address))) {
      throw new IOException(address + " is not https.");
    }
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(LIMIT)
            .header("Accept", "application/json, application/jwk-set+json")
            .build();
    // The body, too, has to be there in time.
    CompletableFuture<HttpResponse<String>> answer =
        http.sendAsync(
            request,
            BodyHandlers.limiting(BodyHandlers.ofString(StandardCharsets.UTF_8), MOST_BYTES));
    try {
      HttpResponse<String> response = answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        throw new IOException(address + " answers " + response.statusCode() + ".");
      }
      return response.body();
    } catch (TimeoutException late) {
      throw new IOException(address + " does not answer in " + LIMIT.toSeconds() + " s.", late);
    } catch (ExecutionException failed) {
      throw new IOException(address + ": " + failed.getCause(), failed);
    } finally {
      answer.cancel(true);
    }
  }

  private static boolean onThisMachine(URI address) {
    String host = String.valueOf(address.getHost());
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException name) {
      return false;
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
