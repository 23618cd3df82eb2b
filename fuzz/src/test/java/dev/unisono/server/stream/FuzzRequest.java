package dev.unisono.server.stream;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.fuzz.Seeds;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** What a client says on a WebSocket, and asks of a list, its place in it included. */
public final class FuzzRequest {
  private static final Entity ENTITY =
      new Entity(
          1,
          "es",
          new Schema(
              "e",
              List.of(
                  new Field("id", ValueType.LONG, true), new Field("a", ValueType.DECIMAL, false)),
              List.of("id")),
          List.of(
              new EntityField("id", ValueType.LONG, true, false, "{}"),
              new EntityField("a", ValueType.DECIMAL, false, true, "{}")),
          Set.of("id", "a"),
          true);

  private FuzzRequest() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "{\"subscribe\":\"a\",\"entity\":\"e\",\"after\":\"u1.AQcJ\",\"snapshot\":true}",
        "{\"ping\":1}",
        "{\"ack\":\"a\",\"cursor\":\"u1.AQcJ\"}",
        "{\"update\":\"w\",\"entity\":\"e\",\"key\":{\"id\":1},\"record\":{\"a\":[1,{}]},\"ifVersion\":2}",
        "{\"unsubscribe\":\"\\ud83d\"}",
        "a,-id",
        "eyJzIjoiIiwidiI6WyIxIl0sImsiOlsiMSJdfQ",
        "[\"a,-id\",\"1.5\",\"7\"]");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    try {
      SocketFrame.parse(text);
    } catch (IOException | Refusal refused) {
      // As it should be.
    }
    for (String parameter : List.of("after", "sort", "limit", "id", "a", text)) {
      MultiMap parameters =
          MultiMap.caseInsensitiveMultiMap().add("sort", "a").add(parameter, text);
      try {
        ListRequest.parse(ENTITY, parameters);
      } catch (Refusal refused) {
        // As it should be.
      }
    }
  }
}
