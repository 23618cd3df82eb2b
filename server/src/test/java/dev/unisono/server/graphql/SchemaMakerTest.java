package dev.unisono.server.graphql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.server.operation.Relations.Referrers;
import dev.unisono.server.operation.Relations.Relation;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLInputObjectType;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLSchema;
import graphql.schema.GraphQLTypeUtil;
import graphql.schema.idl.SchemaParser;
import graphql.schema.idl.SchemaPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SchemaMakerTest {
  private static Entity entity(int id, String name, List<String> key, String... fields) {
    List<Field> schema = new ArrayList<>();
    List<EntityField> shown = new ArrayList<>();
    for (String field : fields) {
      schema.add(new Field(field, ValueType.STRING, key.contains(field)));
      shown.add(new EntityField(field, ValueType.STRING, key.contains(field), false, "{}"));
    }
    return new Entity(id, name + "s", new Schema(name, schema, key), shown, Set.of(fields), true);
  }

  private static GraphQLSchema schema(Entity... entities) {
    Names types = new Names(Set.of("Query", "Mutation", "Subscription", "String"));
    Names fields = new Names(Set.of("cursor"));
    List<Shown> shown = new ArrayList<>();
    for (Entity entity : entities) {
      shown.add(
          Shown.of(
              entity,
              List.of(new Relation("back", entity, List.of(0))),
              List.of(new Referrers("back", entity, List.of("id"))),
              types,
              fields));
    }
    return new SchemaMaker(shown).make();
  }

  private static GraphQLObjectType object(GraphQLSchema schema, String name) {
    return Objects.requireNonNull(schema.getObjectType(name), name);
  }

  @Test
  void namesThatGraphqlDoesNotAllowAreAltered() {
    GraphQLSchema schema =
        schema(
            entity(1, "sales-order", List.of("record", "ifVersion"), "record", "ifVersion", "__x"),
            entity(2, "sales_order_page", List.of("id"), "id", "a-b", "a_b", "and", "true", "1st"),
            entity(3, "query", List.of("id"), "id", "_version", "back"),
            entity(4, "größe", List.of("id"), "id"));
    GraphQLObjectType order = object(schema, "SalesOrder");
    assertNotNull(order.getFieldDefinition("n__x"));
    assertEquals(
        List.of("record_", "ifVersion_"),
        schema.getQueryType().getFieldDefinition("salesOrder").getArguments().stream()
            .map(argument -> argument.getName())
            .toList());
    // A page of sales orders has that name already.
    GraphQLObjectType page = object(schema, "SalesOrderPage_");
    for (String name : List.of("a_b", "a_b_", "and_", "ntrue", "n1st", "back")) {
      assertNotNull(page.getFieldDefinition(name), name);
    }
    GraphQLEnumType fields =
        (GraphQLEnumType) Objects.requireNonNull(schema.getType("SalesOrderPage_OrderField"));
    assertNotNull(fields.getValue("ntrue"));
    GraphQLObjectType query = object(schema, "Query_");
    assertNotNull(query.getFieldDefinition("_version_"));
    assertNotNull(query.getFieldDefinition("back_"));
    assertNotNull(schema.getQueryType().getFieldDefinition("query"));
    assertNotNull(schema.getQueryType().getFieldDefinition("grE"));
    // What is told of it is a schema that others read.
    String text = new SchemaPrinter().print(schema);
    assertTrue(new SchemaParser().parse(text).types().containsKey("SalesOrder"), text);
  }

  @Test
  void onlyKeysAreNeverNullAndOnlyIndexedFieldsAreConditions() {
    Entity whole = entity(1, "note", List.of("id"), "id", "text", "more");
    GraphQLSchema schema =
        schema(
            new Entity(
                whole.id(),
                whole.plural(),
                whole.schema(),
                whole.fields(),
                Set.of("id", "text"),
                true));
    GraphQLObjectType note = object(schema, "Note");
    assertTrue(GraphQLTypeUtil.isNonNull(note.getFieldDefinition("id").getType()));
    assertTrue(GraphQLTypeUtil.isNullable(note.getFieldDefinition("text").getType()));
    GraphQLInputObjectType filter =
        (GraphQLInputObjectType) Objects.requireNonNull(schema.getType("NoteFilter"));
    assertNotNull(filter.getFieldDefinition("text"));
    assertNull(filter.getFieldDefinition("more"));
    assertNull(object(schema, "NoteImage").getFieldDefinition("back"));
  }

  @Test
  void thereIsASchemaWhereNothingIsServed() {
    GraphQLSchema schema = schema();
    assertNull(schema.getMutationType());
    assertNotNull(schema.getQueryType().getFieldDefinition("cursor"));
    assertNotNull(schema.getSubscriptionType().getFieldDefinition("changes"));
  }
}
