package dev.unisono.server.limit;

import dev.unisono.engine.config.LimitsConfig;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts in a Redis that several servers share: one script for each check, by the time of Redis,
 * over one connection. While that is away nothing is sent, and it is looked for beside. Safe for
 * threads; nobody is waited for.
 */
final class RedisStore implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RedisStore.class.getName());

  private static final String PREFIX = "unisono:limit:";
  private static final String SCRIPT = script();
  private static final String DIGEST = digest();

  /** So many answers may be waited for (invariant 7); with more it is as if it were away. */
  private static final int MOST_UNDER_WAY = 10_000;

  private static final long RECONNECT_MILLIS = 500;

  private final Vertx vertx;
  private final LimitsConfig.RedisStore config;
  private final Redis redis;
  private final @Nullable LongSupplier micros;
  private final AtomicReference<@Nullable RedisConnection> connection = new AtomicReference<>();
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile boolean closed;

  RedisStore(Vertx vertx, LimitsConfig.RedisStore config) {
    this(vertx, config, null);
  }

  /**
   * @param micros the time, in the place of Redis' own; null for that
   */
  RedisStore(Vertx vertx, LimitsConfig.RedisStore config, @Nullable LongSupplier micros) {
    this.vertx = vertx;
    this.config = config;
    this.micros = micros;
    this.redis =
        Redis.createClient(
            vertx,
            new RedisOptions()
                .setConnectionString(config.url())
                .setMaxWaitingHandlers(MOST_UNDER_WAY)
                // One that hangs may still be there when the next is made.
                .setMaxPoolSize(4)
                .setNetClientOptions(
                    new NetClientOptions()
                        .setTcpNoDelay(true)
                        .setHostnameVerificationAlgorithm("HTTPS")
                        .setConnectTimeout((int) Math.max(1_000, config.timeout().toMillis()))));
    connect();
  }

  private static String script() {
    try (InputStream script = RedisStore.class.getResourceAsStream("check.lua")) {
      return new String(
          Objects.requireNonNull(script, "check.lua").readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** As Redis names a script that it has. */
  private static String digest() {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-1").digest(SCRIPT.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-1", impossible);
    }
  }

  boolean away() {
    return connection.get() == null;
  }

  private void connect() {
    redis
        .connect()
        .compose(made ->
            made.send(Request.cmd(Command.PING))
                .timeout(1, TimeUnit.SECONDS)
                .map(made)
                .onFailure(_ -> made.close()))
        .onComplete(made -> {
          if (made.failed()) {
            tellAway(made.cause());
            reconnectLater();
            return;
          }
          RedisConnection found = made.result();
          found.exceptionHandler(cause -> lose(found, cause));
          found.endHandler(_ -> lose(found, null));
          connection.set(found);
          if (closed) {
            lose(found, null);
          } else if (told.compareAndSet(true, false)) {
            LOG.log(System.Logger.Level.INFO, "limits: Redis answers again");
          }
        });
  }

  private void reconnectLater() {
    if (!closed) {
      vertx.setTimer(
          RECONNECT_MILLIS,
          _ -> {
            if (!closed) {
              connect();
            }
          });
    }
  }

  /** Once, and not for each request. */
  private void tellAway(@Nullable Throwable cause) {
    if (!closed && told.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "limits: Redis does not answer, {0} ({1})",
          config.refuses() ? "so that requests are refused" : "so that this server counts alone",
          cause == null ? "the connection was closed" : cause.getMessage());
    }
  }

  private void lose(RedisConnection lost, @Nullable Throwable cause) {
    if (connection.compareAndSet(lost, null)) {
      tellAway(cause);
      lost.close();
      reconnectLater();
    }
  }

  /**
   * Counts a request where all levels let it pass, else nothing.
   *
   * @param then is given what {@link Check} says, or null where Redis is away; on any thread
   */
  void check(Check check, Consumer<long @Nullable []> then) {
    RedisConnection open = connection.get();
    if (open == null) {
      then.accept(null);
      return;
    }
    open.send(request(Command.EVALSHA, DIGEST, check))
        .recover(failed ->
            String.valueOf(failed.getMessage()).startsWith("NOSCRIPT")
                ? open.send(request(Command.EVAL, SCRIPT, check))
                : io.vertx.core.Future.failedFuture(failed))
        .timeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(answer -> {
          if (answer.failed()) {
            lose(open, answer.cause());
            then.accept(null);
          } else {
            then.accept(measured(answer.result(), check));
          }
        });
  }

  private Request request(Command command, String script, Check check) {
    Request request = Request.cmd(command).arg(script).arg(check.rules().size());
    for (String subject : check.subjects()) {
      request.arg(PREFIX + subject);
    }
    request
        .arg(check.cost())
        .arg(check.anyway() ? 1 : 0)
        .arg(micros == null ? "" : Long.toString(micros.getAsLong()));
    for (Rule rule : check.rules()) {
      rule.script().forEach(request::arg);
    }
    return request;
  }

  private static long[] measured(Response answer, Check check) {
    long[] measured = new long[Check.MEASURES * check.levels()];
    for (int i = 0; i < measured.length; i++) {
      measured[i] = Long.parseLong(answer.get(i).toString());
      if (measured[i] <= -(1L << 53) + 1) {
        measured[i] = Level.NEVER;
      }
    }
    return measured;
  }

  @Override
  public void close() {
    closed = true;
    RedisConnection open = connection.getAndSet(null);
    if (open != null) {
      open.close();
    }
    redis.close();
  }
}
