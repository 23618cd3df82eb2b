package dev.unisono.server;

import dev.unisono.engine.EngineHost;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.hub.Hub;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.AuditLog;
import dev.unisono.server.admin.AdminRoutes;
import dev.unisono.server.admin.ConflictRoutes;
import dev.unisono.server.admin.ConsentRoutes;
import dev.unisono.server.admin.DeadLetterRoutes;
import dev.unisono.server.admin.HealthRoutes;
import dev.unisono.server.admin.LinkRoutes;
import dev.unisono.server.admin.MatchRoutes;
import dev.unisono.server.admin.Metrics;
import dev.unisono.server.admin.ParkedRoutes;
import dev.unisono.server.admin.ReloadRoutes;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.graphql.GraphqlRoutes;
import dev.unisono.server.grpc.GrpcRoutes;
import dev.unisono.server.grpc.Health;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.FrontRoutes;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.http.KeptAnswers;
import dev.unisono.server.http.Needs;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.oauth.Oauth;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Readiness;
import dev.unisono.server.page.DemoRoutes;
import dev.unisono.server.page.PageRoutes;
import dev.unisono.server.people.AuditRoutes;
import dev.unisono.server.people.KeyRoutes;
import dev.unisono.server.people.MeRoutes;
import dev.unisono.server.people.RoleRoutes;
import dev.unisono.server.people.SessionRoutes;
import dev.unisono.server.people.SignInRoutes;
import dev.unisono.server.people.UserRoutes;
import dev.unisono.server.rest.OpenApiRoutes;
import dev.unisono.server.rest.RecordRoutes;
import dev.unisono.server.soap.SoapRoutes;
import dev.unisono.server.stream.Acknowledgements;
import dev.unisono.server.stream.ConsumerRoutes;
import dev.unisono.server.stream.SocketConnection;
import dev.unisono.server.stream.SocketRoutes;
import dev.unisono.server.stream.StreamRoutes;
import dev.unisono.server.tls.Tls;
import dev.unisono.server.webhook.EndpointRoutes;
import dev.unisono.server.webhook.HookRoutes;
import dev.unisono.server.webhook.Webhooks;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All wiring of the server in one place: what is made, of what, and in which order it ends. */
@ApplicationScoped
public class Wiring implements HttpServerOptionsCustomizer {
  private static final Duration STREAM_PATIENCE = Duration.ofSeconds(30);

  private @Nullable EngineHost engine;
  private @Nullable Hub hub;
  private @Nullable Followers followers;
  private @Nullable Acknowledgements acknowledgements;
  private @Nullable DoorsDatabase database;
  private @Nullable Webhooks webhooks;
  private @Nullable Health health;
  private @Nullable Limits limits;
  private @Nullable Access access;
  private @Nullable AuditLog audit;
  private @Nullable Oauth oauth;

  void routes(@Observes Router router, Vertx vertx) {
    Main.Prepared prepared = Main.prepared();
    EngineHost engine = prepared.engine();
    this.engine = engine;
    JournalFeed feed = new JournalFeed(engine);
    Hub hub = new Hub(feed, STREAM_PATIENCE);
    this.hub = hub;
    Path folder = engine.config().state().folder();
    DoorsDatabase database = DoorsDatabase.open(folder);
    Limits limits = new Limits(vertx, () -> engine.config().limits(), Limits.steadyNanos());
    this.limits = limits;
    this.database = database;
    AuditLog audit = AuditLog.open(folder, Clock.systemUTC());
    this.audit = audit;
    Access access =
        Access.open(
            folder, database, () -> engine.config().access().policy(), audit, Clock.systemUTC());
    this.access = access;
    Oauth oauth = new Oauth(folder, database, access, engine::config, Clock.systemUTC());
    this.oauth = oauth;
    Doorway doorway = new Doorway(access, limits);
    Operations operations =
        new Operations(engine, engine::config, Clock.systemUTC(), access.denials());
    List<Route> others = router.getRoutes();
    Idempotency idempotency = new Idempotency(new KeptAnswers(database, Clock.systemUTC()));
    Webhooks webhooks =
        new Webhooks(
            engine, feed, database, vertx, () -> engine.config().webhooks(), Clock.systemUTC());
    this.webhooks = webhooks;
    RecordRoutes records =
        new RecordRoutes(operations, idempotency, engine::config, Clock.systemUTC());
    Tls.mount(engine.config().server(), router);
    new FrontRoutes().mount(router, doorway);
    records.mountReading(router, doorway);
    new HealthRoutes(
            engine, new Metrics(engine, operations, hub, webhooks, limits, access.signIns()))
        .mount(router, doorway);
    oauth.mount(router, doorway);
    new EndpointRoutes(webhooks, operations).mount(router, doorway);
    new HookRoutes(engine).mount(router, doorway);
    new ParkedRoutes(engine).mount(router, doorway);
    new DeadLetterRoutes(engine).mount(router, doorway);
    new ConsentRoutes(engine, engine::config).mount(router, doorway);
    new ConflictRoutes(engine, engine::config, prepared.config(), access).mount(router, doorway);
    new LinkRoutes(engine).mount(router, doorway);
    new MatchRoutes(engine).mount(router, doorway);
    new ReloadRoutes(prepared.config(), access).mount(router, doorway);
    new KeyRoutes(access, Clock.systemUTC()).mount(router, doorway);
    new UserRoutes(access).mount(router, doorway);
    new SessionRoutes(access).mount(router, doorway);
    new RoleRoutes(access).mount(router, doorway);
    new AuditRoutes(audit).mount(router, doorway);
    new SignInRoutes(access).mount(router, doorway);
    new MeRoutes(engine, access).mount(router, doorway);
    DemoRoutes demo = DemoRoutes.open();
    demo.mount(router, doorway);
    new AdminRoutes(engine, engine::config, access, webhooks, demo.present())
        .mount(router, doorway);
    new OpenApiRoutes(engine).mount(router, doorway);
    Consumers consumers = new Consumers(database, Clock.systemUTC());
    Acknowledgements acknowledgements = new Acknowledgements(consumers);
    this.acknowledgements = acknowledgements;
    Followers followers = new Followers(hub, operations::entities);
    this.followers = followers;
    new StreamRoutes(engine, operations, followers, feed, consumers, limits).mount(router, doorway);
    new SocketRoutes(
            new SocketConnection.Shared(
                engine,
                operations,
                idempotency,
                followers,
                feed,
                access,
                consumers,
                acknowledgements,
                limits))
        .mount(router);
    new ConsumerRoutes(engine, consumers).mount(router, doorway);
    new GraphqlRoutes(
            operations, feed, followers, consumers, access, idempotency, limits, engine::config)
        .mount(router, doorway);
    new SoapRoutes(operations).mount(router, doorway);
    GrpcRoutes grpc =
        new GrpcRoutes(
            operations,
            feed,
            followers,
            consumers,
            access,
            limits,
            () -> Readiness.of(engine.status()).ready());
    this.health = grpc.health();
    grpc.mount(router, doorway);
    records.mount(router, doorway);
    new PageRoutes(access).mount(router, doorway);
    FrontRoutes.head(router);
    Needs.mark(router, others);
  }

  /** A handshake may choose it; what is said by it is a door's own affair. */
  @Override
  public void customizeHttpServer(HttpServerOptions options) {
    options.addWebSocketSubProtocol(GraphqlRoutes.SUBPROTOCOL);
  }

  @Override
  public void customizeHttpsServer(HttpServerOptions options) {
    customizeHttpServer(options);
    Tls.customize(Main.prepared().engine().config().server(), options);
  }

  void start(@Observes StartupEvent event) {
    if (access != null) {
      access.start();
    }
    if (engine != null
        && hub != null
        && followers != null
        && acknowledgements != null
        && webhooks != null
        && oauth != null) {
      engine.start();
      hub.start();
      followers.start();
      acknowledgements.start();
      webhooks.start();
      oauth.start();
    }
  }

  void stop(@Observes ShutdownEvent event) {
    if (health != null) {
      health.close();
    }
    if (oauth != null) {
      oauth.close();
    }
    if (webhooks != null) {
      webhooks.close();
    }
    if (followers != null) {
      followers.close();
    }
    if (hub != null) {
      hub.close();
    }
    if (acknowledgements != null) {
      acknowledgements.close();
    }
    if (access != null) {
      access.close();
    }
    if (audit != null) {
      audit.close();
    }
    if (database != null) {
      database.close();
    }
    if (limits != null) {
      limits.close();
    }
    if (engine != null) {
      engine.close();
    }
  }
}
