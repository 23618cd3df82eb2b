package dev.unisono.server.oauth;

import dev.unisono.engine.config.AccessConfig;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.Access;
import dev.unisono.server.http.Doorway;
import dev.unisono.spi.UnisonoException;
import io.vertx.ext.web.Router;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** All of this room, put together. Safe for threads. */
public final class Oauth implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Oauth.class.getName());
  private static final Duration UPKEEP = Duration.ofMinutes(1);

  private final SigningKeys keys;
  private final Families families;
  private final Discovery discovery = new Discovery();
  private final OutsideIssuers outside;
  private final TokenRoutes tokens;
  private final AuthorizeRoutes authorize;
  private final ClientRoutes administration;
  private final Thread fetching;
  private final Thread upkeep = Thread.ofVirtual().name("oauth-upkeep").unstarted(this::keepUp);

  /**
   * Has tokens taken by whoever admits callers.
   *
   * @param config gives the one in effect
   */
  public Oauth(
      Path folder,
      DoorsDatabase database,
      Access access,
      Supplier<Config> config,
      InstantSource clock) {
    Supplier<AccessConfig> section = () -> config.get().access();
    this.keys = new SigningKeys(folder, () -> section.get().oauth().rotate(), clock);
    Clients clients = new Clients(database, clock);
    this.families = new Families(database, clock);
    OwnTokens own =
        new OwnTokens(
            keys,
            clients,
            families,
            access,
            () -> {
              String named = section.get().oauth().issuer();
              return named == null ? config.get().server().origin() : named;
            },
            () -> section.get().oauth().tokenLifetime(),
            clock);
    this.outside = new OutsideIssuers(() -> section.get().issuers(), discovery, clock);
    SignedTokens checked = new SignedTokens(own, outside, clock);
    access.take(checked);
    ClientDoor door = new ClientDoor(clients, access.audit());
    this.tokens = new TokenRoutes(door, own, checked, families, keys);
    this.authorize = new AuthorizeRoutes(clients, families, own, access, door, clock);
    this.administration = new ClientRoutes(clients, families, access, clock);
    this.fetching = Thread.ofVirtual().name("oauth-issuers").unstarted(outside::run);
  }

  public void mount(Router router, Doorway doorway) {
    tokens.mount(router, doorway);
    authorize.mount(router, doorway);
    administration.mount(router, doorway);
  }

  public void start() {
    fetching.start();
    upkeep.start();
  }

  /** Fetches the keys of others where that is due, as its own thread does. */
  void fetch() throws InterruptedException {
    outside.fetch();
  }

  private void keepUp() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(UPKEEP.toMillis());
        for (Runnable each : List.<Runnable>of(keys::upkeep, families::prune)) {
          try {
            each.run();
          } catch (UnisonoException failed) {
            LOG.log(System.Logger.Level.WARNING, failed.problem().toString());
          }
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    fetching.interrupt();
    upkeep.interrupt();
    discovery.close();
  }
}
