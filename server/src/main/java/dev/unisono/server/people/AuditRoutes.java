package dev.unisono.server.people;

import dev.unisono.server.access.Audit;
import dev.unisono.server.access.AuditLog;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.PageRequest;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is kept of who did what, for those who look after it. Safe for threads. */
public final class AuditRoutes {
  private final AuditLog audit;

  public AuditRoutes(AuditLog audit) {
    this.audit = audit;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/admin/audit").handler(context -> doorway.known(context, this::list));
    router.get("/v1/admin/audit/verify").handler(context -> doorway.known(context, this::verify));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of("after", "limit", "kind", "actor"));
    PageRequest page = PageRequest.of(context);
    page.answer(
        context,
        audit.list(
            page.after(),
            page.wanted(),
            kind(context.queryParams().get("kind")),
            context.queryParams().get("actor")),
        AuditLog.Entry::sequence,
        (json, entry) -> {
          json.writeNumberField("sequence", entry.sequence());
          json.writeStringField("hash", entry.hash());
          json.writeFieldName("entry");
          json.writeRawValue(entry.json());
        });
  }

  private static Audit.@Nullable Kind kind(@Nullable String text) {
    if (text == null) {
      return null;
    }
    for (Audit.Kind kind : Audit.Kind.values()) {
      if (kind.label().equals(text)) {
        return kind;
      }
    }
    throw new Refusal(
        400,
        "bad-parameter",
        "kind is one of "
            + Arrays.stream(Audit.Kind.values())
                .map(Audit.Kind::label)
                .collect(Collectors.joining(", "))
            + ".",
        "kind");
  }

  private void verify(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    AuditLog.Verified verified = audit.verify();
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField("entries", verified.entries());
          json.writeStringField("head", verified.head());
          AuditLog.Broken broken = verified.broken();
          if (broken == null) {
            json.writeNullField("broken");
          } else {
            json.writeObjectFieldStart("broken");
            json.writeNumberField("sequence", broken.sequence());
            json.writeStringField("why", broken.why());
            json.writeEndObject();
          }
          json.writeEndObject();
        });
  }
}
