package dev.unisono.server.graphql;

import static graphql.Scalars.GraphQLBoolean;
import static graphql.Scalars.GraphQLInt;
import static graphql.Scalars.GraphQLString;
import static graphql.schema.GraphQLList.list;
import static graphql.schema.GraphQLNonNull.nonNull;
import static graphql.schema.GraphQLTypeReference.typeRef;

import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Relations;
import dev.unisono.spi.Row;
import graphql.schema.DataFetcher;
import graphql.schema.FieldCoordinates;
import graphql.schema.GraphQLArgument;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLInputObjectField;
import graphql.schema.GraphQLInputObjectType;
import graphql.schema.GraphQLInputType;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import graphql.schema.GraphQLSchema;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes the schema of some entities. For one thread and one schema. */
final class SchemaMaker {
  static final String QUERY = "Query";
  static final String MUTATION = "Mutation";
  static final String SUBSCRIPTION = "Subscription";

  private final List<Shown> shown;
  private final GraphQLCodeRegistry.Builder code = GraphQLCodeRegistry.newCodeRegistry();
  private final GraphQLObjectType.Builder query = type(QUERY, "What can be read.");
  private final GraphQLObjectType.Builder mutation =
      type(MUTATION, "What can be written: one after the other, each a transaction of its own.");
  private final FilterTypes filters = new FilterTypes();

  SchemaMaker(List<Shown> shown) {
    this.shown = shown;
  }

  GraphQLSchema make() {
    field(
        QUERY,
        query,
        "cursor",
        "The position of now: changes that are asked for after it have not happened yet.",
        nonNull(GraphQLString),
        environment -> Asked.of(environment).operations().head().text());
    EventTypes events = new EventTypes(shown);
    GraphQLSchema.Builder schema = GraphQLSchema.newSchema();
    for (Shown each : shown) {
      schema.additionalType(record(each));
      schema.additionalType(input(each));
      reads(each);
      writes(each);
    }
    schema.additionalType(
        GraphQLEnumType.newEnum().name("Direction").value("ASC").value("DESC").build());
    schema.query(query);
    if (!shown.isEmpty()) {
      acknowledge();
      schema.mutation(mutation);
    }
    schema.subscription(events.subscription());
    return schema.codeRegistry(code.build()).build();
  }

  private GraphQLObjectType record(Shown each) {
    GraphQLObjectType.Builder type = type(each.type(), "One " + each.entity().name() + ".");
    for (EntityField field : each.entity().fields()) {
      field(
          each.type(),
          type,
          each.nameOf(field),
          "",
          output(each, field),
          environment -> {
            Reads.Item item = environment.getSource();
            return Values.of(field, Objects.requireNonNull(row(item)));
          });
    }
    field(
        each.type(),
        type,
        Shown.VERSION,
        "Grows with each change of the record; ifVersion takes it.",
        nonNull(Scalars.LONG),
        environment -> {
          Reads.Item item = environment.getSource();
          return Values.number(Objects.requireNonNull(item).record().version());
        });
    field(
        each.type(),
        type,
        Shown.CHANGED,
        "When its last change was committed where it was made.",
        nonNull(Scalars.DATE_TIME),
        environment -> {
          Reads.Item item = environment.getSource();
          return EntityJson.time(Objects.requireNonNull(item).record().changed());
        });
    each.related()
        .forEach((name, relation) ->
            field(
                each.type(),
                type,
                name,
                "The " + relation.to().name() + " that it refers to.",
                typeRef(of(relation.to().name()).type()),
                environment -> {
                  Reads.Item item = environment.getSource();
                  return Asked.of(environment)
                      .related(relation, Objects.requireNonNull(row(item)))
                      .map(Reads.Item::new)
                      .orElse(null);
                }));
    each.referring().forEach((name, referrers) -> referring(each, type, name, referrers));
    return type.build();
  }

  /** A list within a record. */
  private void referring(
      Shown each, GraphQLObjectType.Builder type, String name, Relations.Referrers referrers) {
    Shown from = of(referrers.from().name());
    Reads reads = new Reads(from);
    define(
        each.type(),
        type,
        listing(
            name,
            "A page of the " + from.entity().plural() + " that refer to it.",
            typeRef(from.type() + "Filter"),
            typeRef(from.type() + "Order"),
            typeRef(from.type() + "Page")),
        environment -> reads.referring(environment, referrers));
  }

  private static @Nullable Row row(Reads.@Nullable Item item) {
    return Objects.requireNonNull(item).record().row();
  }

  private Shown of(String entity) {
    return shown.stream()
        .filter(each -> each.entity().name().equals(entity))
        .findAny()
        .orElseThrow();
  }

  private static boolean ofKey(Shown each, EntityField field) {
    int position = each.entity().schema().position(field.name());
    for (int part = 0; part < each.entity().schema().keySize(); part++) {
      if (each.entity().schema().keyPosition(part) == position) {
        return true;
      }
    }
    return false;
  }

  private static GraphQLOutputType output(Shown each, EntityField field) {
    GraphQLOutputType type = (GraphQLOutputType) Scalars.of(field);
    return ofKey(each, field) ? nonNull(type) : type;
  }

  private static GraphQLInputObjectType input(Shown each) {
    GraphQLInputObjectType.Builder input =
        GraphQLInputObjectType.newInputObject()
            .name(each.type() + "Input")
            .description(
                "What is written of one "
                    + each.entity().name()
                    + ". In an update what is left out stays as it is, and null is no value.");
    for (EntityField field : each.entity().fields()) {
      input.field(
          GraphQLInputObjectField.newInputObjectField()
              .name(each.nameOf(field))
              .type((GraphQLInputType) Scalars.of(field)));
    }
    return input.build();
  }

  private void reads(Shown each) {
    Reads reads = new Reads(each);
    GraphQLFieldDefinition.Builder one =
        GraphQLFieldDefinition.newFieldDefinition()
            .name(each.one())
            .description("The " + each.entity().name() + " of a key; null where there is none.")
            .type(typeRef(each.type()));
    key(each, one);
    define(QUERY, query, one, reads::one);
    String page = each.type() + "Page";
    GraphQLFieldDefinition.Builder many =
        listing(
            each.many(),
            "A page of " + each.entity().plural() + ", by their key if not otherwise.",
            filters.of(each),
            FilterTypes.order(each),
            page(each, page));
    define(QUERY, query, many, reads::many);
  }

  private static GraphQLFieldDefinition.Builder listing(
      String name,
      String description,
      GraphQLInputType filter,
      GraphQLInputType order,
      GraphQLOutputType page) {
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(name)
        .description(description)
        .argument(argument("filter", filter, "What they must fulfil."))
        .argument(argument("sort", list(nonNull(order)), "Their order."))
        .argument(
            argument(
                "limit",
                GraphQLInt,
                "At most so many, 1 to 1000; " + ListRequest.DEFAULT_LIMIT + " if left out."))
        .argument(argument("after", GraphQLString, "A page's next: what follows it."))
        .argument(argument("before", GraphQLString, "A page's previous: what precedes it."))
        .argument(argument("total", GraphQLBoolean, "Whether all of them are counted."))
        .type(page);
  }

  private static GraphQLObjectType page(Shown each, String name) {
    return type(name, "Some " + each.entity().plural() + " of a list.")
        .field(plain("items", nonNull(list(nonNull(typeRef(each.type())))), ""))
        .field(plain("next", GraphQLString, "For after; null where nothing follows."))
        .field(plain("previous", GraphQLString, "For before; null where nothing precedes."))
        .field(plain("total", Scalars.LONG, "Null where it was not asked for or takes too long."))
        .field(plain("cursor", nonNull(GraphQLString), "The position that the page reflects."))
        .build();
  }

  private void writes(Shown each) {
    Writes writes = new Writes(each, new Reads(each));
    GraphQLObjectType written =
        type(each.type() + "Written", "What was done to one " + each.entity().name() + ".")
            .field(plain("record", typeRef(each.type()), "As it is now; null once deleted."))
            .field(plain("version", nonNull(Scalars.LONG), "The version that it has now."))
            .field(plain("created", nonNull(GraphQLBoolean), "Whether there was none before."))
            .field(plain("cursor", nonNull(GraphQLString), "The position that shows it."))
            .build();
    GraphQLArgument record =
        argument("record", nonNull(typeRef(each.type() + "Input")), "What is written.");
    GraphQLArgument version =
        argument("ifVersion", Scalars.LONG, "Written only where the record has this version.");
    write(each, "create", "Makes one.", written, writes::create, record);
    write(
        each,
        "replace",
        "Puts one in the place of all that is there of it, or makes it.",
        written,
        writes::replace,
        record,
        version);
    write(each, "update", "Changes what is given.", written, writes::update, record, version);
    write(each, "delete", "Deletes one.", written, writes::delete, version);
  }

  private void acknowledge() {
    define(
        MUTATION,
        mutation,
        GraphQLFieldDefinition.newFieldDefinition()
            .name("acknowledge")
            .description(
                "Says how far a consumer is done with its events, and tells where it goes on now.")
            .argument(argument("consumer", nonNull(GraphQLString), "As it subscribes."))
            .argument(
                argument(
                    "cursor",
                    nonNull(GraphQLString),
                    "That of the last event; what is not further than before changes nothing."))
            .type(GraphQLString),
        environment -> {
          Asked asked = Asked.of(environment);
          String consumer = Objects.requireNonNull(environment.getArgument("consumer"));
          String cursor = Objects.requireNonNull(environment.getArgument("cursor"));
          return asked
              .consumers()
              .acknowledge(asked.caller(), consumer, asked.operations().position(cursor))
              .text();
        });
  }

  private void write(
      Shown each,
      String verb,
      String description,
      GraphQLObjectType written,
      DataFetcher<?> fetcher,
      GraphQLArgument... arguments) {
    GraphQLFieldDefinition.Builder field =
        GraphQLFieldDefinition.newFieldDefinition()
            .name(verb + each.type())
            .description(description)
            // One that is refused takes nothing of the others' answers away.
            .type(verb.equals("create") ? written : typeRef(written.getName()));
    if (!verb.equals("create")) {
      key(each, field);
    }
    for (GraphQLArgument argument : arguments) {
      field.argument(argument);
    }
    define(MUTATION, mutation, field, fetcher);
  }

  private static void key(Shown each, GraphQLFieldDefinition.Builder field) {
    for (int part = 0; part < each.arguments().size(); part++) {
      EntityField of = each.entity().fields().get(each.entity().schema().keyPosition(part));
      field.argument(
          argument(
              each.arguments().get(part),
              nonNull((GraphQLInputType) Scalars.of(of)),
              "Of the key."));
    }
  }

  private void define(
      String parent,
      GraphQLObjectType.Builder type,
      GraphQLFieldDefinition.Builder field,
      DataFetcher<?> fetcher) {
    GraphQLFieldDefinition built = field.build();
    type.field(built);
    code.dataFetcher(FieldCoordinates.coordinates(parent, built.getName()), fetcher);
  }

  private void field(
      String parent,
      GraphQLObjectType.Builder type,
      String name,
      String description,
      GraphQLOutputType of,
      DataFetcher<?> fetcher) {
    type.field(plain(name, of, description));
    code.dataFetcher(FieldCoordinates.coordinates(parent, name), fetcher);
  }

  static GraphQLObjectType.Builder type(String name, String description) {
    return GraphQLObjectType.newObject().name(name).description(description);
  }

  static GraphQLFieldDefinition plain(String name, GraphQLOutputType type, String description) {
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(name)
        .type(type)
        .description(description.isEmpty() ? null : description)
        .build();
  }

  static GraphQLArgument argument(String name, GraphQLInputType type, String description) {
    return GraphQLArgument.newArgument().name(name).type(type).description(description).build();
  }
}
