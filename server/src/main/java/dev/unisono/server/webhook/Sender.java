package dev.unisono.server.webhook;

import dev.unisono.engine.config.AddressRange;
import dev.unisono.engine.config.Config.WebhookConfig;
import dev.unisono.server.webhook.Attempt.Outcome;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages, one attempt at a time and for each caller's thread. A name is resolved here, and
 * the address that was found good is the one that is connected to: a name that resolves otherwise a
 * moment later leads nowhere else. Redirects are not followed. Safe for threads.
 */
final class Sender implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofDays(1);
  private static final int MOST_CONNECTIONS = 16;

  /** Nobody reads what an endpoint answers; a little of it is, so that its connection is kept. */
  private static final int MOST_ANSWER_BYTES = 64 << 10;

  private final HttpClient client;
  private final Supplier<WebhookConfig> config;
  private final InstantSource clock;
  private final Resolver resolver;

  /** Asks which addresses a host has. */
  interface Resolver {
    List<InetAddress> addresses(String host) throws UnknownHostException;

    /** As this machine resolves names. */
    static List<InetAddress> system(String host) throws UnknownHostException {
      return List.of(InetAddress.getAllByName(host));
    }
  }

  Sender(Vertx vertx, Supplier<WebhookConfig> config, InstantSource clock, Resolver resolver) {
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) CONNECT_LIMIT.toMillis())
                .setMaxPoolSize(MOST_CONNECTIONS)
                .setVerifyHost(true)
                .setTrustAll(false));
    this.config = config;
    this.clock = clock;
    this.resolver = resolver;
  }

  /** The address to connect to, or why there is none. */
  private record Resolved(@Nullable InetAddress address, String why) {}

  private Resolved resolve(EndpointSettings settings, List<AddressRange> allowed)
      throws UnknownHostException {
    boolean named = false;
    for (InetAddress address : resolver.addresses(settings.host())) {
      if (settings.secure()
          ? AddressRule.permits(address, allowed)
          : AddressRule.named(address, allowed)) {
        return new Resolved(address, "");
      }
      named |= AddressRule.permits(address, allowed);
    }
    return new Resolved(
        null,
        named
            ? "Plain http is sent to addresses that webhooks.allow names alone."
            : settings.host()
                + " is an address of this machine or of a private network, and webhooks.allow does"
                + " not name it.");
  }

  /** Why nothing would be sent there as its name resolves now; null where it would. */
  @Nullable String refusal(EndpointSettings settings) {
    try {
      Resolved resolved = resolve(settings, config.get().allow());
      return resolved.address() == null ? resolved.why() : null;
    } catch (UnknownHostException notYet) {
      return null; // It may be known when something is to be sent.
    }
  }

  /** Tries to deliver a message; blocks, no longer than the config says. */
  Attempt send(Endpoint endpoint, Message message) throws InterruptedException {
    EndpointSettings settings = endpoint.settings();
    WebhookConfig limits = config.get();
    InetAddress address;
    try {
      Resolved resolved = resolve(settings, limits.allow());
      address = resolved.address();
      if (address == null) {
        return Attempt.failed(Outcome.ADDRESS_REFUSED, resolved.why());
      }
    } catch (UnknownHostException unknown) {
      return Attempt.failed(Outcome.UNREACHABLE, "There is no host " + settings.host() + ".");
    }
    return send(options(endpoint, message, address), message.body(), limits.timeout());
  }

  private RequestOptions options(Endpoint endpoint, Message message, InetAddress address) {
    EndpointSettings settings = endpoint.settings();
    Instant now = clock.instant();
    StringBuilder signatures = new StringBuilder();
    for (WebhookSecret secret : endpoint.secrets(now)) {
      signatures
          .append(signatures.isEmpty() ? "" : " ")
          .append(secret.sign(message.id(), now, message.body()));
    }
    String path = settings.url().getRawPath();
    String query = settings.url().getRawQuery();
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(address, settings.port())))
        .setHost(settings.url().getHost())
        .setPort(settings.port())
        .setSsl(settings.secure())
        .setURI((path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query))
        .setFollowRedirects(false)
        .putHeader("Content-Type", message.contentType())
        .putHeader("User-Agent", "Unisono")
        .putHeader("webhook-id", message.id())
        .putHeader("webhook-timestamp", Long.toString(now.getEpochSecond()))
        .putHeader("webhook-signature", signatures.toString());
  }

  private Attempt send(RequestOptions options, byte[] body, Duration limit)
      throws InterruptedException {
    AtomicReference<@Nullable HttpClientRequest> begun = new AtomicReference<>();
    CompletableFuture<Attempt> answer =
        client
            .request(options)
            .compose(request -> {
              begun.set(request);
              return request.send(Buffer.buffer(body));
            })
            .map(response -> {
              discard(response);
              return attempt(response);
            })
            .toCompletionStage()
            .toCompletableFuture();
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      reset(begun.get());
      return Attempt.failed(
          Outcome.TIMED_OUT, "There was no answer within " + limit.toSeconds() + " s.");
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      return Attempt.failed(
          Outcome.UNREACHABLE,
          cause == null || cause.getMessage() == null
              ? "The connection failed."
              : "The connection failed: " + cause.getMessage());
    } catch (InterruptedException stop) {
      reset(begun.get());
      throw stop;
    }
  }

  private static void reset(@Nullable HttpClientRequest request) {
    if (request != null) {
      request.reset();
    }
  }

  /** On the connection's event loop. */
  private static void discard(HttpClientResponse response) {
    int[] bytes = new int[1];
    response.exceptionHandler(_ -> {});
    response.handler(part -> {
      bytes[0] += part.length();
      if (bytes[0] > MOST_ANSWER_BYTES) {
        response.request().reset();
      }
    });
  }

  private Attempt attempt(HttpClientResponse response) {
    int status = response.statusCode();
    boolean taken = status >= 200 && status < 300;
    String redirect =
        status >= 300 && status < 400 ? " Redirects are not followed: give its own address." : "";
    return new Attempt(
        taken ? Outcome.DELIVERED : Outcome.REFUSED,
        status,
        taken ? null : "It answered " + status + "." + redirect,
        taken ? null : retryAfter(response.getHeader("Retry-After"), clock.instant()),
        RemoteLimit.pause(response.headers(), clock.instant()));
  }

  /** RFC 9110, section 10.2.3: seconds, or a time; what is longer than a day is a day. */
  static @Nullable Duration retryAfter(@Nullable String header, Instant now) {
    if (header == null) {
      return null;
    }
    Duration asked;
    try {
      asked =
          header.strip().chars().allMatch(Character::isDigit)
              ? Duration.ofSeconds(Long.parseLong(header.strip()))
              : Duration.between(
                  now,
                  ZonedDateTime.parse(header.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                      .toInstant());
    } catch (NumberFormatException | DateTimeException none) {
      return null;
    }
    return asked.isNegative()
        ? null
        : asked.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : asked;
  }

  @Override
  public void close() {
    client.close();
  }
}
