package dev.unisono.server.graphql;

import static graphql.Scalars.GraphQLBoolean;
import static graphql.Scalars.GraphQLString;

import dev.unisono.engine.entity.EntityField;
import graphql.GraphQLContext;
import graphql.execution.CoercedVariables;
import graphql.language.ArrayValue;
import graphql.language.BooleanValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.NullValue;
import graphql.language.ObjectField;
import graphql.language.ObjectValue;
import graphql.language.StringValue;
import graphql.language.Value;
import graphql.language.VariableReference;
import graphql.schema.Coercing;
import graphql.schema.CoercingParseLiteralException;
import graphql.schema.CoercingParseValueException;
import graphql.schema.CoercingSerializeException;
import graphql.schema.GraphQLList;
import graphql.schema.GraphQLScalarType;
import graphql.schema.GraphQLType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The schema's own scalars, in the forms that REST's JSON has. What is sent of them is looked at by
 * the field that takes it, as everywhere. Have no state.
 */
final class Scalars {
  static final GraphQLScalarType LONG =
      scalar(
          "Long",
          "A whole number of 64 bits: a JSON number up to 2^53, a string beyond. Either is taken.",
          Scalars::numeric);
  static final GraphQLScalarType DECIMAL =
      scalar(
          "Decimal",
          "A decimal number with every digit kept, as a string such as \"12.50\". A number is taken,"
              + " too.",
          Scalars::numeric);
  static final GraphQLScalarType NUMBER =
      scalar(
          "Number", "A decimal number with every digit kept, as a JSON number.", Scalars::numeric);
  static final GraphQLScalarType DOUBLE =
      scalar(
          "Double",
          "A number of floating point; \"NaN\", \"Infinity\" and \"-Infinity\" are strings.",
          Scalars::numeric);
  static final GraphQLScalarType DATE =
      scalar("Date", "A date such as 2026-01-31.", String.class::isInstance);
  static final GraphQLScalarType TIME =
      scalar("Time", "A time of day such as 13:45:00.5.", String.class::isInstance);
  static final GraphQLScalarType DATE_TIME =
      scalar(
          "DateTime",
          "A moment as RFC 3339 has it, in UTC with microseconds: 2026-01-31T13:45:00.000001Z.",
          String.class::isInstance);
  static final GraphQLScalarType BYTES =
      scalar("Bytes", "Bytes as base64.", String.class::isInstance);
  static final GraphQLScalarType UUID = scalar("UUID", "A UUID.", String.class::isInstance);
  static final GraphQLScalarType JSON = scalar("JSON", "A JSON document.", _ -> true);

  private Scalars() {}

  private static boolean numeric(Object value) {
    return value instanceof Number || value instanceof String;
  }

  private static GraphQLScalarType scalar(String name, String description, Predicate<Object> fits) {
    return GraphQLScalarType.newScalar()
        .name(name)
        .description(description)
        .coercing(new AsItIs(name, fits))
        .build();
  }

  /** The type of a field's values. */
  static GraphQLType of(EntityField field) {
    return switch (field.type()) {
      case BOOLEAN -> GraphQLBoolean;
      case LONG -> LONG;
      case DECIMAL -> field.jsonNumber() ? NUMBER : DECIMAL;
      case DOUBLE -> DOUBLE;
      case STRING -> GraphQLString;
      case BYTES -> BYTES;
      case DATE -> DATE;
      case TIME -> TIME;
      case TIMESTAMP -> DATE_TIME;
      case UUID -> UUID;
      case JSON -> JSON;
      case ARRAY -> GraphQLList.list(of(Objects.requireNonNull(field.items())));
    };
  }

  /** Values that are in an answer's form already, and stay in a request's. */
  private record AsItIs(String name, Predicate<Object> fits) implements Coercing<Object, Object> {
    @Override
    public Object serialize(Object value, GraphQLContext context, Locale locale) {
      if (value instanceof List && !name.equals("JSON")) {
        throw new CoercingSerializeException("an array of more dimensions than its type has");
      }
      return value;
    }

    @Override
    public Object parseValue(Object value, GraphQLContext context, Locale locale) {
      if (!fits.test(value)) {
        throw new CoercingParseValueException("This is no " + name + ".");
      }
      return value;
    }

    @Override
    public Object parseLiteral(
        Value<?> value, CoercedVariables variables, GraphQLContext context, Locale locale) {
      Object read = read(value, variables);
      if (read == null || !fits.test(read)) {
        throw new CoercingParseLiteralException("This is no " + name + ".");
      }
      return read;
    }

    private static @Nullable Object read(Value<?> value, CoercedVariables variables) {
      return switch (value) {
        case NullValue _ -> null;
        case StringValue text -> text.getValue();
        case BooleanValue flag -> flag.isValue();
        case IntValue number -> number.getValue();
        case FloatValue number -> number.getValue();
        case VariableReference variable -> variables.get(variable.getName());
        case ArrayValue array -> {
          List<@Nullable Object> list = new ArrayList<>();
          array.getValues().forEach(each -> list.add(read(each, variables)));
          yield list;
        }
        case ObjectValue object -> {
          Map<String, @Nullable Object> map = new LinkedHashMap<>();
          for (ObjectField field : object.getObjectFields()) {
            map.put(field.getName(), read(field.getValue(), variables));
          }
          yield map;
        }
        default -> throw new CoercingParseLiteralException("This is no value.");
      };
    }

    @Override
    public Value<?> valueToLiteral(Object value, GraphQLContext context, Locale locale) {
      return StringValue.of(value.toString());
    }
  }
}
