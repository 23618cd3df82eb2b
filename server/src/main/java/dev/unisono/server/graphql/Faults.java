package dev.unisono.server.graphql;

import dev.unisono.engine.HeldPatch;
import dev.unisono.engine.validate.Finding;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Refusal;
import graphql.GraphQLError;
import graphql.GraphqlErrorBuilder;
import graphql.InvalidSyntaxError;
import graphql.SerializationError;
import graphql.execution.AbortExecutionException;
import graphql.execution.DataFetcherExceptionHandler;
import graphql.execution.DataFetcherExceptionHandlerParameters;
import graphql.execution.DataFetcherExceptionHandlerResult;
import graphql.execution.NonNullableFieldWasNullError;
import graphql.execution.UnknownOperationException;
import graphql.language.OperationDefinition.Operation;
import graphql.language.SourceLocation;
import graphql.parser.InvalidSyntaxException;
import graphql.validation.ValidationError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong, as GraphQL's errors: whose {@code extensions} are those of a problem at the
 * other doors. Has no state.
 */
final class Faults implements DataFetcherExceptionHandler {
  private static final String CODE = "code";

  @Override
  public CompletableFuture<DataFetcherExceptionHandlerResult> handleException(
      DataFetcherExceptionHandlerParameters at) {
    Throwable thrown = at.getException();
    if (thrown instanceof CompletionException && thrown.getCause() != null) {
      thrown = thrown.getCause();
    }
    boolean reading =
        at.getDataFetchingEnvironment().getOperationDefinition().getOperation()
            != Operation.MUTATION;
    Failure failure = Failure.of(thrown, reading);
    if (failure.code().equals("entities-changed")) {
      Asked.of(at.getDataFetchingEnvironment()).fieldsChanged();
    }
    Map<String, Object> extensions = extensions(failure);
    if (thrown instanceof HeldPatch held) {
      extensions.put("deadLetter", held.letter());
    }
    GraphQLError error =
        GraphqlErrorBuilder.newError()
            .message("%s", failure.detail())
            .path(at.getPath())
            .location(at.getSourceLocation())
            .extensions(extensions)
            .build();
    return CompletableFuture.completedFuture(
        DataFetcherExceptionHandlerResult.newResult(error).build());
  }

  private static Map<String, Object> extensions(Failure failure) {
    Map<String, Object> extensions = new LinkedHashMap<>();
    extensions.put(CODE, failure.code());
    extensions.put("status", failure.status());
    if (failure.field() != null) {
      extensions.put("field", failure.field());
    }
    if (failure.retrySeconds() != null) {
      extensions.put("retryAfter", failure.retrySeconds());
    }
    if (!failure.findings().isEmpty()) {
      List<Object> findings = new ArrayList<>();
      for (Finding finding : failure.findings()) {
        Map<String, Object> each = new LinkedHashMap<>();
        each.put(CODE, finding.code());
        each.put("field", finding.field());
        each.put("path", finding.path());
        each.put("shape", finding.shape());
        each.put("message", finding.message());
        findings.add(each);
      }
      extensions.put("findings", findings);
    }
    extensions.put("instance", "urn:uuid:" + failure.instance());
    return extensions;
  }

  /** A failure that has no place in the document. */
  static Map<String, Object> error(Failure failure) {
    return error(failure.detail(), List.of(), null, extensions(failure));
  }

  static Map<String, Object> error(Throwable thrown) {
    return thrown instanceof GraphQLError error ? error(error) : error(Failure.of(thrown, true));
  }

  /** An error of the library's, or one that was made here. */
  static Map<String, Object> error(GraphQLError error) {
    Map<String, Object> known = error.getExtensions();
    Map<String, Object> extensions =
        known != null && known.containsKey(CODE) ? known : extensions(Failure.of(of(error), true));
    return error(error.getMessage(), error.getLocations(), error.getPath(), extensions);
  }

  private static Map<String, Object> error(
      String message,
      @Nullable List<SourceLocation> locations,
      @Nullable List<Object> path,
      Map<String, Object> extensions) {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("message", message);
    if (locations != null && !locations.isEmpty()) {
      List<Object> places = new ArrayList<>();
      for (SourceLocation location : locations) {
        places.add(Map.of("line", location.getLine(), "column", location.getColumn()));
      }
      error.put("locations", places);
    }
    if (path != null) {
      error.put("path", path);
    }
    error.put("extensions", extensions);
    return error;
  }

  /** What an error of the library's comes to. */
  private static Refusal of(GraphQLError error) {
    return switch (error) {
      case InvalidSyntaxError syntax -> syntax(syntax.getMessage());
      case ValidationError invalid -> new Refusal(400, "invalid-query", invalid.getMessage());
      case AbortExecutionException bomb -> costly(String.valueOf(bomb.getMessage()));
      case UnknownOperationException unknown ->
          new Refusal(400, "unknown-operation", String.valueOf(unknown.getMessage()));
      case SerializationError unfit ->
          new Refusal(422, "not-representable", String.valueOf(unfit.getMessage()));
      case NonNullableFieldWasNullError missing ->
          new Refusal(422, "not-representable", String.valueOf(missing.getMessage()));
      default -> new Refusal(400, "bad-variables", String.valueOf(error.getMessage()));
    };
  }

  static Refusal syntax(String detail) {
    return new Refusal(400, "bad-query", detail);
  }

  static Refusal costly(String detail) {
    return new Refusal(400, "query-too-costly", detail);
  }

  /** A document that cannot be read, or was not read to its end. */
  static Refusal unreadable(InvalidSyntaxException broken) {
    boolean bomb = broken.getClass().getSimpleName().startsWith("ParseCancelled");
    String message = String.valueOf(broken.getMessage());
    return bomb ? costly(message) : syntax(message);
  }
}
