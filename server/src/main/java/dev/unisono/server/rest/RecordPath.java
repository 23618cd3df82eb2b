package dev.unisono.server.rest;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** Records' keys as they stand in paths: parts joined by commas, each percent-encoded. No state. */
final class RecordPath {
  private RecordPath() {}

  /**
   * The key that a request's path ends with.
   *
   * @throws Refusal 400 bad-key
   */
  static Key key(Entity entity, HttpServerRequest request) {
    String path = String.valueOf(request.path());
    String segment = path.substring(path.lastIndexOf('/') + 1);
    String[] parts =
        entity.schema().keySize() == 1 ? new String[] {segment} : segment.split(",", -1);
    try {
      for (int i = 0; i < parts.length; i++) {
        parts[i] = URLDecoder.decode(parts[i].replace("+", "%2B"), StandardCharsets.UTF_8);
      }
      return EntityJson.parseKey(entity, parts);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-key", String.valueOf(unfit.getMessage()), "key");
    } catch (IllegalArgumentException notEncoded) {
      throw new Refusal(400, "bad-key", "The key is not percent-encoded as it must be.", "key");
    }
  }

  /** Where a record is. */
  static String of(Entity entity, Key key) {
    return "/v1/" + entity.plural() + "/" + Arguments.path(key);
  }
}
