package dev.unisono.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.BufferRecycler;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import dev.unisono.engine.HeldPatch;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.validate.Finding;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Problem;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How answers are written: JSON, and problems as RFC 9457 says. Has no state. */
public final class Answers {
  private static final String PROBLEM_TYPE = "application/problem+json";
  private static final String ERRORS = "https://unisono.dev/errors/";

  private Answers() {}

  /** Writes some JSON. */
  public interface Content {
    void write(JsonGenerator json) throws IOException;
  }

  public static byte[] bytes(Content content) {
    // Pieces that are joined at the end: one that grows would be copied again and again.
    BufferRecycler recycler = EntityJson.FACTORY._getBufferRecycler();
    try (ByteArrayBuilder out = new ByteArrayBuilder(recycler)) {
      try (JsonGenerator json = EntityJson.FACTORY.createGenerator(out)) {
        content.write(json);
      }
      return out.getClearAndRelease();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    } finally {
      recycler.releaseToPool();
    }
  }

  public static void json(RoutingContext context, int status, Content content) {
    end(context, status, "application/json", bytes(content));
  }

  /** A strong tag names one coding of a record, so that such an answer has but one. */
  private static byte[] coded(RoutingContext context, byte[] body) {
    HttpServerResponse response = context.response();
    if (response.headers().contains("ETag") || response.getStatusCode() >= 400) {
      return body;
    }
    ContentCoding coding =
        ContentCoding.of(HeaderList.of(context.request(), "Accept-Encoding"), body.length);
    response.headers().add("Vary", "Accept-Encoding");
    if (coding != ContentCoding.IDENTITY) {
      response.putHeader("Content-Encoding", coding.name().toLowerCase(Locale.ROOT));
    }
    return coding.encode(body);
  }

  /** Some bytes of a type. */
  public static void end(RoutingContext context, int status, String type, byte[] body) {
    HttpServerResponse response = context.response();
    if (response.ended()) {
      return;
    }
    response.setStatusCode(status).putHeader("Content-Type", type);
    response.putHeader("X-Content-Type-Options", "nosniff");
    // Also where the caller is gone: it will ask again.
    Idempotency.Kept.before(context, body);
    if (response.closed()) {
      return;
    }
    if (status >= 400 || !response.headers().contains("Cache-Control")) {
      response.putHeader("Cache-Control", "no-store");
    }
    byte[] sent = coded(context, body);
    if (context.request().method().equals(HttpMethod.HEAD)) {
      // Else the length of what is not sent would be missing.
      response.putHeader("Content-Length", Integer.toString(sent.length)).end();
    } else {
      // Nobody changes them any more, so that they need not be copied.
      response.end(BufferImpl.buffer(Unpooled.wrappedBuffer(sent)));
    }
  }

  /** An answer without a body. */
  public static void empty(RoutingContext context, int status) {
    HttpServerResponse response = context.response();
    response.setStatusCode(status).putHeader("Cache-Control", "no-store");
    Idempotency.Kept.before(context, new byte[0]);
    if (!response.closed()) {
      response.end();
    }
  }

  public static void text(RoutingContext context, int status, String type, String text) {
    end(context, status, type, text.getBytes(StandardCharsets.UTF_8));
  }

  public static void refusal(RoutingContext context, Refusal refusal) {
    failure(context, Failure.of(refusal, true));
  }

  public static void failure(RoutingContext context, Failure failure) {
    if (failure.code().equals("entities-changed")) {
      context.response().putHeader("Retry-After", "1");
    } else if (failure.code().equals("issuer-keys-unknown")) {
      context.response().putHeader("Retry-After", "30");
    }
    Long seconds = failure.retrySeconds();
    if (seconds != null) {
      context.response().putHeader("Retry-After", Long.toString(seconds));
    }
    end(context, failure.status(), PROBLEM_TYPE, bytes(json -> writeFailure(json, failure)));
  }

  /** What a caller wrote is kept, and not written yet. */
  static void held(RoutingContext context, HeldPatch held) {
    context.response().putHeader("Location", "/v1/admin/dead-letters/" + held.letter());
    json(
        context,
        202,
        json -> {
          json.writeStartObject();
          json.writeStringField("state", "held");
          json.writeNumberField("deadLetter", held.letter());
          json.writeFieldName("findings");
          writeFindings(json, held.findings());
          json.writeEndObject();
        });
  }

  /** A config that is not taken up, with all that is wrong with it. */
  public static void refusedConfig(
      RoutingContext context, Problem refusal, List<ConfigProblem> problems) {
    int status = 422;
    byte[] body =
        bytes(json -> {
          json.writeStartObject();
          beginProblem(json, status, refusal.code(), refusal.message() + " " + refusal.remedy());
          json.writeArrayFieldStart("problems");
          for (ConfigProblem each : problems) {
            Problem problem = each.problem();
            json.writeStartObject();
            json.writeNumberField("line", each.line());
            json.writeNumberField("column", each.column());
            json.writeStringField("code", problem.code());
            json.writeStringField("configPath", problem.configPath());
            json.writeStringField("message", problem.message());
            json.writeStringField("remedy", problem.remedy());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeStringField("instance", "urn:uuid:" + UUID.randomUUID());
          json.writeEndObject();
        });
    end(context, status, PROBLEM_TYPE, body);
  }

  /** A problem as RFC 9457 has it, with our members. */
  public static void writeFailure(JsonGenerator json, Failure failure) throws IOException {
    json.writeStartObject();
    beginProblem(json, failure.status(), failure.code(), failure.detail());
    String field = failure.field();
    if (field != null) {
      json.writeStringField("field", whole(field));
    }
    Long seconds = failure.retrySeconds();
    if (seconds != null) {
      json.writeNumberField("retryAfter", seconds);
    }
    if (!failure.findings().isEmpty()) {
      json.writeFieldName("findings");
      writeFindings(json, failure.findings());
    }
    json.writeStringField("instance", "urn:uuid:" + failure.instance());
    json.writeEndObject();
  }

  public static void writeFindings(JsonGenerator json, List<Finding> findings) throws IOException {
    json.writeStartArray();
    for (Finding finding : findings) {
      json.writeStartObject();
      json.writeStringField("code", finding.code());
      json.writeStringField("field", finding.field());
      json.writeStringField("path", whole(finding.path()));
      json.writeStringField("shape", finding.shape());
      json.writeStringField("message", whole(finding.message()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void beginProblem(JsonGenerator json, int status, String code, String detail)
      throws IOException {
    json.writeStringField("type", ERRORS + code);
    json.writeStringField("title", title(code));
    json.writeNumberField("status", status);
    json.writeStringField("code", code);
    json.writeStringField("detail", whole(detail));
  }

  /** What a caller sent may hold halves of characters, which have no UTF-8. */
  private static String whole(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static String title(String code) {
    String words = code.replace('-', ' ');
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  /** A problem inside another answer: as status and lists show it. */
  public static void writeProblem(JsonGenerator json, String name, @Nullable Problem problem)
      throws IOException {
    if (problem == null) {
      json.writeNullField(name);
      return;
    }
    json.writeObjectFieldStart(name);
    json.writeStringField("code", problem.code());
    json.writeStringField("message", problem.message());
    json.writeStringField("remedy", problem.remedy());
    String path = problem.configPath();
    if (path != null) {
      json.writeStringField("configPath", path);
    }
    json.writeEndObject();
  }
}
