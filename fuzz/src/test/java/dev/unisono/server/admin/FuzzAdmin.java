package dev.unisono.server.admin;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.merge.MergeConflict;
import dev.unisono.fuzz.Seeds;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Bodies and parameters of patches and of the administration's calls: taken, or refused. */
public final class FuzzAdmin {
  private static final Entity ENTITY =
      new Entity(
          1,
          "es",
          new Schema(
              "e",
              List.of(
                  new Field("id", ValueType.LONG, true),
                  new Field("day", ValueType.DATE, true),
                  new Field("a", ValueType.JSON, false)),
              List.of("id", "day")),
          List.of(
              new EntityField("id", ValueType.LONG, true, false, "{}"),
              new EntityField("day", ValueType.DATE, true, false, "{}"),
              new EntityField("a", ValueType.JSON, false, false, "{}")),
          Set.of(),
          true);
  private static final MergeConflict.Side SIDE = new MergeConflict.Side("m", null, null);
  private static final MergeConflict CONFLICT =
      new MergeConflict(
          1,
          ENTITY,
          new Key(1L),
          new Key(1L),
          "a",
          null,
          SIDE,
          SIDE,
          null,
          "latest",
          false,
          Instant.EPOCH,
          null,
          true);

  private FuzzAdmin() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "{\"id\":1,\"day\":\"2026-01-31\",\"a\":{\"b\":[1,null]}}",
        "{\"same\":true,\"reason\":\"x\"}",
        "{\"pick\":\"m\"}",
        "{\"value\":{\"a\":1}}",
        "{\"rule\":\"latest\"}",
        "{\"action\":\"repeat\",\"sync\":null}",
        "7,2026-01-31",
        "9223372036854775808");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    refused(() -> RecordBody.values(ENTITY, input));
    refused(() -> MatchRoutes.said(input));
    refused(() -> ConflictRoutes.choice(CONFLICT, input));
    refused(() -> ConflictRoutes.rule(input));
    refused(() -> SnapshotRoutes.texts(Buffer.buffer(input)));
    refused(() -> Arguments.key(ENTITY, Seeds.text(input)));
    refused(() -> Arguments.number(Seeds.text(input), "n", 0, 1_000, 7));
  }

  private static void refused(Runnable reading) {
    try {
      reading.run();
    } catch (Refusal refused) {
      // As it should be.
    }
  }
}
