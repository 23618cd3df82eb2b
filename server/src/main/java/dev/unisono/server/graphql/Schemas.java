package dev.unisono.server.graphql;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.entity.Entity;
import dev.unisono.server.operation.Operations;
import graphql.GraphQL;
import graphql.execution.preparsed.PreparsedDocumentEntry;
import graphql.language.Document;
import graphql.schema.GraphQLSchema;
import graphql.schema.GraphqlTypeComparatorRegistry;
import graphql.schema.idl.SchemaPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The schema of the entities that are served, made anew when those or what they refer to have
 * changed. Safe for threads.
 */
final class Schemas {
  /** Names that are not an entity's to take. */
  private static final Set<String> TYPES =
      Set.of(
          SchemaMaker.QUERY,
          SchemaMaker.MUTATION,
          SchemaMaker.SUBSCRIPTION,
          EventTypes.CHANGE,
          "EventKind",
          "Direction",
          "String",
          "Int",
          "Float",
          "Boolean",
          "ID",
          "Long",
          "Decimal",
          "Number",
          "Double",
          "Date",
          "Time",
          "DateTime",
          "Bytes",
          "UUID",
          "JSON",
          "StringCondition",
          "BooleanCondition",
          "LongCondition",
          "DecimalCondition",
          "NumberCondition",
          "DoubleCondition",
          "DateCondition",
          "TimeCondition",
          "DateTimeCondition",
          "BytesCondition",
          "UUIDCondition",
          "JSONCondition");

  private final Operations operations;
  private final Supplier<Config> config;
  private volatile @Nullable Served latest;

  Schemas(Operations operations, Supplier<Config> config) {
    this.operations = operations;
    this.config = config;
  }

  /**
   * What is served at one time.
   *
   * @param text in the schema definition language
   */
  record Served(
      List<Entity> entities, Config config, List<Shown> shown, GraphQL engine, String text) {
    GraphQLSchema schema() {
      return engine.getGraphQLSchema();
    }
  }

  Served now() {
    List<Entity> entities = operations.entities();
    Config inEffect = config.get();
    Served known = latest;
    if (known == null || !known.entities.equals(entities) || !known.config.equals(inEffect)) {
      known = make(entities, inEffect);
      latest = known;
    }
    return known;
  }

  private Served make(List<Entity> entities, Config inEffect) {
    Names types = new Names(TYPES);
    Names fields = new Names(Set.of("cursor"));
    List<Shown> shown = new ArrayList<>();
    for (Entity entity : entities) {
      shown.add(
          Shown.of(
              entity, operations.relations(entity), operations.referrers(entity), types, fields));
    }
    GraphQLSchema schema = new SchemaMaker(shown).make();
    GraphQL engine =
        GraphQL.newGraphQL(schema)
            .defaultDataFetcherExceptionHandler(new Faults())
            .preparsedDocumentProvider((input, _) -> {
              // Read, checked and measured before.
              Document document = input.getGraphQLContext().get(Document.class);
              return CompletableFuture.completedFuture(new PreparsedDocumentEntry(document));
            })
            .build();
    String text =
        new SchemaPrinter(
                SchemaPrinter.Options.defaultOptions()
                    .includeDirectiveDefinitions(false)
                    .includeSchemaDefinition(true)
                    .setComparators(GraphqlTypeComparatorRegistry.AS_IS_REGISTRY))
            .print(schema);
    return new Served(entities, inEffect, List.copyOf(shown), engine, text);
  }
}
