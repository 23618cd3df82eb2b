package dev.unisono.server.graphql;

import static graphql.Scalars.GraphQLBoolean;
import static graphql.Scalars.GraphQLString;
import static graphql.schema.GraphQLList.list;
import static graphql.schema.GraphQLNonNull.nonNull;

import dev.unisono.engine.entity.EntityField;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What can be followed, as types of the schema. For one thread and one schema. */
final class EventTypes {
  /** The names of the field that follows all entities, and of its events. */
  static final String CHANGES = "changes";

  static final String CHANGE = "Change";

  private static final GraphQLEnumType KIND =
      GraphQLEnumType.newEnum()
          .name("EventKind")
          .description("What became of a record.")
          .value("created")
          .value("updated")
          .value("deleted")
          .value("truncated")
          .build();

  private final List<Shown> shown;

  EventTypes(List<Shown> shown) {
    this.shown = shown;
  }

  GraphQLObjectType subscription() {
    GraphQLObjectType.Builder subscription =
        SchemaMaker.type(SchemaMaker.SUBSCRIPTION, "What can be followed, from any position on.");
    subscription.field(
        follow(CHANGES, event(CHANGE, Scalars.JSON, Scalars.JSON), "Changes of all records."));
    followed(shown)
        .forEach((name, each) ->
            subscription.field(
                follow(name, event(each), "Changes of " + each.entity().plural() + ".")
                    .transform(field ->
                        field.argument(
                            SchemaMaker.argument(
                                "filter",
                                GraphQLString,
                                "A condition in CEL on the record, such as record.country =="
                                    + " 'DE'.")))));
    return subscription.build();
  }

  /** By the names of the fields that follow them. */
  static Map<String, Shown> followed(List<Shown> shown) {
    Map<String, Shown> followed = new HashMap<>();
    shown.forEach(each -> followed.put(each.one() + "Changes", each));
    return followed;
  }

  private static GraphQLFieldDefinition follow(
      String name, GraphQLObjectType event, String description) {
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(name)
        .description(description)
        .argument(
            SchemaMaker.argument(
                "after", GraphQLString, "A cursor: what follows it. From now on if left out."))
        .argument(
            SchemaMaker.argument(
                "snapshot", GraphQLBoolean, "Whether all records come first, as created."))
        .argument(
            SchemaMaker.argument(
                "conflate",
                GraphQLBoolean,
                "Whether one that is behind gets one event for several of a record, with the newest"
                    + " value of each field."))
        .argument(
            SchemaMaker.argument(
                "consumer",
                GraphQLString,
                "A name under which the server keeps what the mutation acknowledge says: if after is"
                    + " left out, what follows that comes."))
        .type(nonNull(event))
        .build();
  }

  private static GraphQLObjectType event(Shown each) {
    GraphQLObjectType.Builder image =
        SchemaMaker.type(
            each.type() + "Image",
            "One "
                + each.entity().name()
                + " as an event tells it, without what it refers to. What its source did not tell is"
                + " null here, and named by unchanged.");
    GraphQLObjectType.Builder key = SchemaMaker.type(each.type() + "Key", "What identifies it.");
    for (EntityField field : each.entity().fields()) {
      image.field(SchemaMaker.plain(each.nameOf(field), (GraphQLOutputType) Scalars.of(field), ""));
    }
    for (int part = 0; part < each.entity().schema().keySize(); part++) {
      EntityField field = each.entity().fields().get(each.entity().schema().keyPosition(part));
      key.field(
          SchemaMaker.plain(
              each.nameOf(field), nonNull((GraphQLOutputType) Scalars.of(field)), ""));
    }
    return event(each.type() + "Event", image.build(), key.build());
  }

  private static GraphQLObjectType event(
      String name, GraphQLOutputType image, GraphQLOutputType key) {
    return SchemaMaker.type(name, "One change.")
        .field(SchemaMaker.plain("entity", nonNull(GraphQLString), ""))
        .field(SchemaMaker.plain("event", nonNull(KIND), ""))
        .field(
            SchemaMaker.plain(
                "cursor",
                GraphQLString,
                "Where to go on after it; null for records of a snapshot, and for the first half of"
                    + " a moved key."))
        .field(SchemaMaker.plain("version", nonNull(Scalars.LONG), ""))
        .field(SchemaMaker.plain("time", nonNull(Scalars.DATE_TIME), "When it was committed."))
        .field(SchemaMaker.plain("origin", GraphQLString, "The system that it comes from."))
        .field(
            SchemaMaker.plain(
                "changed",
                list(nonNull(GraphQLString)),
                "Of an update the fields that differ, where that is known."))
        .field(
            SchemaMaker.plain(
                "unchanged",
                list(nonNull(GraphQLString)),
                "The fields that the source did not tell: they are as they were."))
        .field(
            SchemaMaker.plain(
                "filter",
                GraphQLString,
                "left, unmatched or unknown, where the filter makes another of it."))
        .field(SchemaMaker.plain("key", key, "Null where all records were deleted."))
        .field(SchemaMaker.plain("previousKey", key, "Where the record moved: the key before."))
        .field(SchemaMaker.plain("record", image, "As it is afterwards; null where it is gone."))
        .build();
  }

  /** An entity that a field follows; null for all. */
  static @Nullable Shown of(List<Shown> shown, String field) {
    return followed(shown).get(field);
  }
}
