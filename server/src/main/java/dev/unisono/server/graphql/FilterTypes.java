package dev.unisono.server.graphql;

import static graphql.Scalars.GraphQLBoolean;
import static graphql.Scalars.GraphQLString;
import static graphql.schema.GraphQLList.list;
import static graphql.schema.GraphQLNonNull.nonNull;
import static graphql.schema.GraphQLTypeReference.typeRef;

import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.ValueType;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLInputObjectField;
import graphql.schema.GraphQLInputObjectType;
import graphql.schema.GraphQLInputType;
import graphql.schema.GraphQLNamedType;
import graphql.schema.GraphQLType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What lists are filtered and ordered by, as types of the schema. For one thread and one schema.
 */
final class FilterTypes {
  private final Map<String, GraphQLType> made = new LinkedHashMap<>();

  static GraphQLInputType order(Shown each) {
    GraphQLEnumType.Builder fields = GraphQLEnumType.newEnum().name(each.type() + "OrderField");
    indexed(each).forEach(field -> fields.value(each.nameOf(field)));
    return GraphQLInputObjectType.newInputObject()
        .name(each.type() + "Order")
        .field(
            GraphQLInputObjectField.newInputObjectField()
                .name("field")
                .type(nonNull(fields.build())))
        .field(
            GraphQLInputObjectField.newInputObjectField()
                .name("direction")
                .type(typeRef("Direction"))
                .description("ASC if left out."))
        .build();
  }

  /** Records are found and ordered by these alone. */
  private static List<EntityField> indexed(Shown each) {
    return each.entity().fields().stream()
        .filter(field -> each.entity().indexed().contains(field.name()))
        .toList();
  }

  GraphQLInputType of(Shown each) {
    String name = each.type() + "Filter";
    GraphQLInputObjectType.Builder filter =
        GraphQLInputObjectType.newInputObject()
            .name(name)
            .description("Conditions on indexed fields; all of them must hold.");
    for (EntityField field : indexed(each)) {
      filter.field(
          GraphQLInputObjectField.newInputObjectField()
              .name(each.nameOf(field))
              .type(operators(field)));
    }
    for (String group : List.of("and", "or")) {
      filter.field(
          GraphQLInputObjectField.newInputObjectField()
              .name(group)
              .type(list(nonNull(typeRef(name))))
              .description(
                  group.equals("and") ? "All of these hold, too." : "One of these holds, too."));
    }
    return filter.build();
  }

  /** Made once for each scalar. */
  private GraphQLInputType operators(EntityField field) {
    GraphQLInputType scalar = (GraphQLInputType) Scalars.of(field);
    String name = ((GraphQLNamedType) scalar).getName() + "Condition";
    if (made.containsKey(name)) {
      return typeRef(name);
    }
    GraphQLInputObjectType.Builder type =
        GraphQLInputObjectType.newInputObject()
            .name(name)
            .description("How a value compares; all of it must hold.");
    for (String operator : List.of("eq", "ne", "gt", "gte", "lt", "lte")) {
      type.field(operator(operator, scalar));
    }
    type.field(operator("in", list(nonNull(scalar))));
    type.field(operator("nin", list(nonNull(scalar))));
    if (field.type() == ValueType.STRING) {
      type.field(operator("like", GraphQLString));
    }
    type.field(operator("null", GraphQLBoolean));
    GraphQLInputObjectType built = type.build();
    made.put(name, built);
    return built;
  }

  private static GraphQLInputObjectField operator(String name, GraphQLInputType type) {
    return GraphQLInputObjectField.newInputObjectField().name(name).type(type).build();
  }
}
