package dev.unisono.server.graphql;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.GraphqlLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.Interest;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.JournalFeed;
import dev.unisono.server.feed.StreamStart;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import graphql.ExecutionInput;
import graphql.ExecutionResult;
import graphql.GraphQLError;
import graphql.GraphQLException;
import graphql.ParseAndValidate;
import graphql.ParseAndValidateResult;
import graphql.execution.RawVariables;
import graphql.language.Document;
import graphql.language.OperationDefinition.Operation;
import graphql.normalized.ExecutableNormalizedField;
import graphql.normalized.ExecutableNormalizedOperation;
import graphql.normalized.ExecutableNormalizedOperationFactory;
import graphql.parser.InvalidSyntaxException;
import graphql.parser.ParserOptions;
import graphql.validation.ValidationError;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads, measures and executes documents, whatever they come by. Blocks; safe for threads. */
final class Documents {
  private static final int LONGEST = 256 << 10;
  private static final int MOST_ATTEMPTS = 3;

  private final Schemas schemas;
  private final Operations operations;
  private final JournalFeed feed;
  private final Consumers consumers;
  private final Supplier<Config> config;

  Documents(Operations operations, JournalFeed feed, Consumers consumers, Supplier<Config> config) {
    this.schemas = new Schemas(operations, config);
    this.operations = operations;
    this.feed = feed;
    this.consumers = consumers;
    this.config = config;
  }

  /** What a caller asks. */
  record Request(
      String query, @Nullable String operation, Map<String, @Nullable Object> variables) {
    /**
     * Reads one from JSON.
     *
     * @throws Refusal 400 bad-body
     */
    static Request of(@Nullable Object json) {
      if (!(json instanceof Map<?, ?> map)
          || !(map.get("query") instanceof String query)
          || query.isBlank()) {
        throw new Refusal(
            400, "bad-body", "A request is an object with query: the document, as a string.");
      }
      Object operation = map.get("operationName");
      if (operation != null && !(operation instanceof String)) {
        throw new Refusal(400, "bad-body", "operationName is a string.", "operationName");
      }
      Object extensions = map.get("extensions");
      if (extensions != null && !(extensions instanceof Map)) {
        throw new Refusal(400, "bad-body", "extensions is an object.", "extensions");
      }
      return new Request(query, (String) operation, variables(map.get("variables")));
    }

    static Map<String, @Nullable Object> variables(@Nullable Object json) {
      if (json != null && !(json instanceof Map)) {
        throw new Refusal(400, "bad-body", "variables is an object.", "variables");
      }
      Map<String, @Nullable Object> variables = new LinkedHashMap<>();
      if (json instanceof Map<?, ?> map) {
        map.forEach((name, value) -> variables.put(String.valueOf(name), value));
      }
      return variables;
    }
  }

  /** What became of reading a document. */
  sealed interface Prepared {
    /** It is not executed. */
    record Refused(List<Map<String, Object>> errors, int status) implements Prepared {}

    /**
     * It may be executed.
     *
     * @param cost how many values the answer may have
     */
    record Ready(
        Schemas.Served served,
        Request request,
        Document document,
        ExecutableNormalizedOperation operation,
        long cost)
        implements Prepared {
      Operation kind() {
        return operation.getOperation();
      }
    }
  }

  /**
   * An answer as it is sent.
   *
   * @param position what it reflects; null where it shows no record
   * @param staleSeconds by how much what it shows may be older than where it comes from
   */
  record Answer(
      Map<String, @Nullable Object> body,
      int status,
      @Nullable Cursor position,
      OptionalDouble staleSeconds) {
    static Answer of(Failure failure) {
      return new Answer(
          errors(List.of(Faults.error(failure))), failure.status(), null, OptionalDouble.empty());
    }

    static Answer of(Prepared.Refused refused) {
      return new Answer(errors(refused.errors()), refused.status(), null, OptionalDouble.empty());
    }

    private static Map<String, @Nullable Object> errors(List<Map<String, Object>> errors) {
      Map<String, @Nullable Object> body = new LinkedHashMap<>();
      body.put("errors", errors);
      return body;
    }
  }

  /** The schema as text. */
  String schema() {
    return schemas.now().text();
  }

  Prepared prepare(Request request) {
    GraphqlLimits limits = config.get().server().graphql();
    Schemas.Served served = schemas.now();
    try {
      Document document = read(request, limits);
      Measure.check(document, limits);
      List<ValidationError> invalid =
          ParseAndValidate.validate(served.schema(), document, Locale.ROOT);
      if (!invalid.isEmpty()) {
        return new Prepared.Refused(invalid.stream().map(Faults::error).toList(), 400);
      }
      ExecutableNormalizedOperation operation =
          ExecutableNormalizedOperationFactory.createExecutableNormalizedOperationWithRawVariables(
              served.schema(),
              document,
              request.operation(),
              RawVariables.of(known(request.variables())),
              ExecutableNormalizedOperationFactory.Options.defaultOptions()
                  .maxChildrenDepth(Measure.DEEPEST)
                  .maxFieldsCount(Measure.MOST_FIELDS));
      long cost = Measure.check(operation, limits);
      return new Prepared.Ready(served, request, document, operation, cost);
    } catch (Refusal refusal) {
      return refused(Failure.of(refusal, true));
    } catch (GraphQLException refused) {
      return refused instanceof GraphQLError
          ? new Prepared.Refused(List.of(Faults.error(refused)), 400)
          : refused(Failure.of(refused, true));
    }
  }

  private static Prepared.Refused refused(Failure failure) {
    return new Prepared.Refused(List.of(Faults.error(failure)), failure.status());
  }

  /** The library takes variables for what is there; null is a value of theirs. */
  @SuppressWarnings("NullAway")
  private static Map<String, Object> known(Map<String, @Nullable Object> variables) {
    return variables;
  }

  private static Document read(Request request, GraphqlLimits limits) {
    ParserOptions options =
        ParserOptions.newParserOptions()
            .captureIgnoredChars(false)
            .captureLineComments(false)
            .maxCharacters(LONGEST)
            .maxTokens(limits.tokens())
            .redactTokenParserErrorMessages(false)
            .build();
    ExecutionInput input =
        ExecutionInput.newExecutionInput()
            .query(request.query())
            .graphQLContext(Map.of(ParserOptions.class, options))
            .locale(Locale.ROOT)
            .build();
    ParseAndValidateResult parsed = ParseAndValidate.parse(input);
    InvalidSyntaxException broken = parsed.getSyntaxException();
    if (broken != null) {
      throw Faults.unreadable(broken);
    }
    return Objects.requireNonNull(parsed.getDocument());
  }

  /**
   * Executes a query or a mutation.
   *
   * @param after the cursor of a position that reads have to reflect; null where any will do
   */
  Answer execute(Prepared.Ready first, Caller caller, @Nullable String after) {
    Prepared prepared = first;
    for (int attempt = 1; ; attempt++) {
      switch (prepared) {
        case Prepared.Refused refused -> {
          return Answer.of(refused);
        }
        case Prepared.Ready ready -> {
          Asked asked = new Asked(operations, consumers, caller, after);
          ExecutionResult result = result(ready, asked);
          // A mutation has been done, and does by itself what met other fields.
          boolean again =
              asked.changed() && ready.kind() == Operation.QUERY && attempt < MOST_ATTEMPTS;
          if (!again) {
            return answer(result, asked);
          }
          prepared = prepare(ready.request());
        }
      }
    }
  }

  private static ExecutionResult result(Prepared.Ready ready, Asked asked) {
    return ready
        .served()
        .engine()
        .execute(
            ExecutionInput.newExecutionInput()
                .query(ready.request().query())
                .operationName(ready.request().operation())
                .variables(known(ready.request().variables()))
                .graphQLContext(Map.of(Asked.class, asked, Document.class, ready.document()))
                .locale(Locale.ROOT)
                .build());
  }

  private static Answer answer(ExecutionResult result, Asked asked) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    if (!result.getErrors().isEmpty()) {
      List<Object> errors = new ArrayList<>();
      result.getErrors().forEach(error -> errors.add(Faults.error(error)));
      body.put("errors", errors);
    }
    if (result.isDataPresent()) {
      body.put("data", result.getData());
    }
    Cursor position = asked.position();
    OptionalDouble stale = asked.staleSeconds();
    if (position != null) {
      Map<String, Object> extensions = new LinkedHashMap<>();
      extensions.put("cursor", position.text());
      stale.ifPresent(seconds -> extensions.put("stale", Operations.seconds(seconds)));
      body.put("extensions", extensions);
    }
    return new Answer(body, result.isDataPresent() ? 200 : 400, position, stale);
  }

  /**
   * A subscription, ready to be handed to the hub.
   *
   * @param prelude every record there is; null where only changes are asked for
   */
  record Following(Interest interest, Cursor position, @Nullable Iterator<Event> prelude) {}

  /**
   * Begins to follow.
   *
   * @param lastSeen where a client goes on that has had a part of it; null where it begins
   * @throws Refusal as the other doors' streams do
   */
  Following follow(Prepared.Ready ready, Caller caller, @Nullable String lastSeen) {
    List<ExecutableNormalizedField> fields = ready.operation().getTopLevelFields();
    if (fields.size() != 1 || fields.getFirst().getName().startsWith("__")) {
      throw new Refusal(400, "invalid-query", "A subscription follows one thing.");
    }
    ExecutableNormalizedField field = fields.getFirst();
    Map<String, Object> arguments = field.getResolvedArguments();
    Shown shown = EventTypes.of(ready.served().shown(), field.getName());
    Entity entity = shown == null ? null : operations.named(shown.entity().name());
    Picture picture =
        Picture.of(
            shown,
            field,
            EventFilter.of(operations, caller, entity, (String) arguments.get("filter")),
            Boolean.TRUE.equals(arguments.get("conflate")));
    boolean snapshot = lastSeen == null && Boolean.TRUE.equals(arguments.get("snapshot"));
    String after = lastSeen == null ? (String) arguments.get("after") : lastSeen;
    StreamStart start =
        StreamStart.of(
            operations,
            consumers,
            caller,
            entity,
            after,
            snapshot,
            (String) arguments.get("consumer"));
    return new Following(
        new Interest(entity == null ? Interest.EVERY_TOPIC : entity.id(), picture),
        start.position(),
        start.snapshot()
            ? feed.records(entity == null ? operations.followed(caller) : List.of(entity))
            : null);
  }

  /** What a client is told whose place is no longer held. */
  Failure gap() {
    return Failure.of(
        new Refusal(
            410,
            "gap",
            "What follows is no longer held. The oldest cursor held is "
                + operations.oldest().text()
                + "; start again from a snapshot, or from there."),
        true);
  }
}
