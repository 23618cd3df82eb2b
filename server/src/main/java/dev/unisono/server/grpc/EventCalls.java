package dev.unisono.server.grpc;

import dev.unisono.engine.entity.Entity;
import dev.unisono.hub.Event;
import dev.unisono.hub.Interest;
import dev.unisono.hub.Outlet;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.Followers;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.StreamStart;
import dev.unisono.server.grpc.Frames.Frame;
import dev.unisono.server.limit.Asked;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import io.vertx.ext.web.RoutingContext;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;

/** The call that is answered by events, for as long as its caller listens. Safe for threads. */
final class EventCalls {
  private final Operations operations;
  private final JournalFeed feed;
  private final EventAnswer answer;
  private final Consumers consumers;
  private final Limits limits;

  EventCalls(
      Operations operations,
      JournalFeed feed,
      Followers followers,
      Consumers consumers,
      Limits limits) {
    this.operations = operations;
    this.feed = feed;
    this.limits = limits;
    this.answer = new EventAnswer(followers, () -> operations.oldest().text());
    this.consumers = consumers;
  }

  /** Blocks; then it goes on by the event loop. */
  void answer(RoutingContext context, GrpcCall call, Caller caller, Frame frame) {
    Runnable next;
    try {
      Proto.Fields request = Proto.Fields.of(call.plain(frame));
      String name = request.text(1);
      Entity entity = name.isEmpty() ? null : operations.named(name);
      String filter = request.text(4);
      String consumer = request.text(6);
      EventMessage view =
          new EventMessage(
              EventFilter.of(operations, caller, entity, filter.isEmpty() ? null : filter),
              request.flag(5));
      StreamStart start =
          StreamStart.of(
              operations,
              consumers,
              caller,
              entity,
              request.text(2),
              request.flag(3),
              consumer.isEmpty() ? null : consumer);
      List<Entity> entities = entity == null ? operations.followed(caller) : List.of(entity);
      Iterator<Event> prelude = start.snapshot() ? feed.records(entities) : null;
      Interest interest = new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), view);
      Asked subscriber = limits.asked(caller, context);
      UnaryOperator<Outlet> pace = outlet -> limits.paced(outlet, subscriber);
      next = () -> answer.begin(context, call, caller, interest, start.position(), prelude, pace);
    } catch (RuntimeException failed) {
      Failure failure = Failure.of(failed, true);
      next = () -> call.end(failure);
    }
    Runnable prepared = next;
    call.loop().runOnContext(_ -> prepared.run());
  }
}
