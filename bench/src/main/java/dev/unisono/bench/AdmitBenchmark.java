package dev.unisono.bench;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.EntityRights;
import dev.unisono.engine.access.Grant;
import dev.unisono.engine.access.Mask;
import dev.unisono.engine.access.Role;
import dev.unisono.engine.access.SourceLine;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.ApiKeys;
import dev.unisono.server.access.Audit;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.limit.Verdict;
import dev.unisono.server.operation.Caller;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** All that protection does for one record that is asked for by a key. For one thread. */
@State(Scope.Thread)
public class AdmitBenchmark {
  private static final int KEYS = 100;

  /** There is one. */
  @Param("whole")
  public String asked = "whole";

  private static final Schema SCHEMA =
      new Schema(
          "customer",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("email", ValueType.STRING, false),
              new Field("country", ValueType.STRING, false),
              new Field("note", ValueType.STRING, false)),
          List.of("id"));

  private static final Entity CUSTOMER =
      new Entity(
          1,
          "customers",
          SCHEMA,
          SCHEMA.fields().stream()
              .map(each -> new EntityField(each.name(), each.type(), false, false, "{}"))
              .toList(),
          Set.of("id"),
          true);

  private static final Row RECORD =
      new Row(
          SCHEMA,
          new @Nullable Object[] {
            42L, "Customer number 42", "customer-42@example.org", "C17", "what was agreed"
          });

  private static final AccessPolicy POLICY =
      new AccessPolicy(
          List.of(
              new Role(
                  "some",
                  "",
                  List.of(
                      new Grant(
                          Set.of("customer"),
                          Set.of(Action.GET),
                          null,
                          Map.of("note", Mask.HIDDEN, "email", Mask.PARTIAL),
                          null,
                          "record.country.startsWith(caller.claims.region)",
                          "some",
                          new SourceLine("bench", 1))),
                  Set.of(),
                  new SourceLine("bench", 1))),
          List.of());

  private final Vertx vertx = Vertx.vertx();
  private final String[] tokens = new String[KEYS];
  private Limits limits = LimitRun.limits(vertx, "three-levels");
  private @Nullable DoorsDatabase database;
  private @Nullable Access access;
  private @Nullable Verdict told;
  private int next;

  @Setup
  public void open() throws IOException {
    Path folder = Files.createTempDirectory("unisono-bench-access");
    DoorsDatabase opened = DoorsDatabase.open(folder);
    Access known = Access.open(folder, opened, () -> POLICY, Audit.NONE, Clock.systemUTC());
    for (int i = 0; i < KEYS; i++) {
      tokens[i] =
          "Bearer "
              + known
                  .keys()
                  .create(
                      "key-" + i,
                      new ApiKeys.Wanted(
                          new TreeSet<>(Set.of("some")),
                          null,
                          Map.of("region", "C"),
                          Caller.STANDARD,
                          null));
    }
    this.database = opened;
    this.access = known;
  }

  /** From the header to what is shown of the record. */
  @Benchmark
  public Row admit() {
    int present = next;
    next = present + 1 == KEYS ? 0 : present + 1;
    Caller caller = Objects.requireNonNull(access).admit(tokens[present], "192.0.2.1");
    limits.check(
        new Asked(
            caller.name(),
            caller.credential(),
            caller.tier(),
            "GET",
            "/v1/customers/42",
            () -> "192.0.2.1",
            () -> "/v1/customers/:key"),
        this::tell);
    EntityRights rights = caller.rights().of(CUSTOMER);
    if (!rights.may(Action.GET).allowed() || Objects.requireNonNull(told).refusal() != null) {
      throw new IllegalStateException("it is to pass");
    }
    return Objects.requireNonNull(rights.seen(Action.GET, RECORD));
  }

  private void tell(Verdict verdict) {
    told = verdict;
  }

  @TearDown
  public void close() {
    limits.close();
    Objects.requireNonNull(access).close();
    Objects.requireNonNull(database).close();
    var _ = vertx.close();
  }
}
